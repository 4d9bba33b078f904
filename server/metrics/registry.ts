/**
 * Numbers that a process counts, and their text for whoever scrapes its inner door. Every label is a closed list that
 * the code knows beforehand: what is not on it is counted as `other`, so that no id and no input can become a label.
 */
export interface MetricSpec<L extends string = never> {
  /** `sallyport_…`, its unit last; counters end in `_total`. */
  name: string
  help: string
  /** What each label may say. */
  labels: Readonly<Record<L, readonly string[]>>
}

export type Labels<L extends string> = Readonly<Record<L, string>>

export interface Sample<L extends string = never> {
  labels: Labels<L>
  value: number
}

export interface Counter<L extends string> {
  add(labels: Labels<L>): void
}

export interface Histogram<L extends string> {
  observe(labels: Labels<L>, value: number): void
}

/** One a process. `prom.ts` is made of prom-client; `plain.ts` is keyd's, which takes no further package. */
export interface Registry {
  counter<L extends string>(spec: MetricSpec<L>): Counter<L>
  histogram<L extends string>(spec: MetricSpec<L> & { buckets: readonly number[] }): Histogram<L>
  /** Asked at every scrape. Where the question fails the metric is left out, and the others are told. */
  gauge<L extends string>(spec: MetricSpec<L>, read: () => Promise<readonly Sample<L>[]> | readonly Sample<L>[]): void
  /** The text exposition format, version 0.0.4. */
  text(): Promise<string>
}

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

/** What is not on the list is `other`; a label that the caller left out as well. */
export function listedLabels<L extends string>(spec: MetricSpec<L>, given: Labels<L>): Record<L, string> {
  const names = Object.keys(spec.labels) as L[] // sound: the keys are the labels
  const pairs = names.map((name) => [name, spec.labels[name].includes(given[name]) ? given[name] : 'other'])
  return Object.fromEntries(pairs) as Record<L, string>
}
