/** For the test: set-up scripts are plain JavaScript. */
export interface Outcome {
  results: Map<string, Map<string, Record<string, { verdict: string; reason?: string }>>>
  versions: Map<string, string>
}
export function resultsOf(report: object): Outcome
export function asText(outcome: Outcome, engines: readonly string[]): string
export function summaryOf(outcome: Outcome, engines: readonly string[]): string
export function comparePage(text: string, path?: string): string | null
