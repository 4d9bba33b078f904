/**
 * The part of docs/scale.md about Postgres-compatible clusters, written from the statements themselves. `node architecture/dialect/page.ts`
 * writes it again; a test fails while it is not what the statements say.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, root } from '../graph.ts'
import { clusters } from './clusters.ts'
import { type Feature, featuresOf, uses } from './features.ts'
import { collect, type Statement } from './statements.ts'

const begin = '<!-- the statements: written by `node architecture/dialect/page.ts` -->'
const end = '<!-- end of the statements -->'
export const page = 'docs/scale.md'

export function clusterPart(statements: readonly Statement[]): string {
  const used = new Map<Feature, { schema: number; running: number }>()
  for (const statement of statements) {
    for (const { feature } of featuresOf(statement)) {
      if (!(feature in uses)) continue
      const name = feature as Feature // sound: it is a key of `uses`
      const count = used.get(name) ?? { schema: 0, running: 0 }
      count[statement.when] += 1
      used.set(name, count)
    }
  }
  // In hundreds: the page should change when what they use does.
  const [schema, running] = (['schema', 'running'] as const).map(
    (when) => Math.floor(statements.filter((one) => one.when === when).length / 100) * 100,
  )
  const features = (Object.keys(uses) as Feature[]).filter((feature) => used.has(feature))
  const cell = (name: string, feature: Feature): string => {
    const difference = clusters.find((one) => one.name === name)?.differs[feature]
    return difference === undefined ? 'same' : difference.how
  }
  return [
    `The schema has more than ${schema} statements, and the processes, commands and functions more than ${running}. Of what Postgres-compatible clusters do not have alike they use:`,
    '',
    `| used | in the schema | running | for | ${clusters.map(({ name }) => name).join(' | ')} |`,
    `| --- | --- | --- | --- | ${clusters.map(() => '---').join(' | ')} |`,
    ...features.map((feature) => {
      const count = used.get(feature) ?? { schema: 0, running: 0 }
      return `| ${feature} | ${count.schema} | ${count.running} | ${uses[feature]} | ${clusters.map(({ name }) => cell(name, feature)).join(' | ')} |`
    }),
    '',
    '`same`: as in Postgres. `word`: accepted, with less behind it or a setting to it. `change`: these statements would have to change:',
    '',
    ...clusters.flatMap(({ name, is, fits, differs }) => [
      `- **${name}** (${is}): ${fits}.`,
      ...features.flatMap((feature) => {
        const difference = differs[feature]
        if (difference === undefined) return []
        const places = difference.how === 'change' ? ` In ${placesOf(statements, feature)}.` : ''
        return [
          `  - ${feature} (${difference.how}${difference.read ? ', documented' : ''}): ${difference.says}.${places}`,
        ]
      }),
    ]),
  ].join('\n')
}

/** Where the statements are, by file and function. */
function placesOf(statements: readonly Statement[], feature: Feature): string {
  const found = statements.flatMap((statement) => featuresOf(statement).filter((one) => one.feature === feature))
  const places = [...new Set(found.map(({ statement }) => statement.at.replace(/^server\/(database\/)?/, '')))]
  return places.map((place) => `\`${place}\``).join(', ')
}

export function withPart(text: string, part: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`${page} has no place for the statements`)
  return `${text.slice(0, from + begin.length)}\n${part}\n${text.slice(to)}`
}

if (import.meta.main) writeFileSync(join(root, page), withPart(read(page), clusterPart(collect().statements)))
