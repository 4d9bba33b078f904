import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')
const stations = readFileSync(join(root, 'docs/ROAD.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const match = /^\| .* \| `([^`]+)` · `([^`]+)` \|/.exec(line)
    return match === null ? [] : [{ file: match[1] ?? '', name: match[2] ?? '' }]
  })

describe('docs/ROAD.md', () => {
  it('has all five verbs and a line for every station', () => {
    const text = readFileSync(join(root, 'docs/ROAD.md'), 'utf8')
    for (const verb of ['collect', 'seal', 'mint', 'announce', 'charge']) expect(text).toContain(`**${verb}**`)
    expect(stations.length).toBeGreaterThan(20)
  })

  it.each(stations)('$name is in $file', ({ file, name }) => {
    expect(existsSync(join(root, file)), file).toBe(true)
    expect(readFileSync(join(root, file), 'utf8')).toMatch(
      new RegExp(`export (async )?(function|const|class) ${name}\\b`),
    )
  })

  it('each station opens with a sentence on what it does', () => {
    for (const { file } of stations)
      expect(readFileSync(join(root, file), 'utf8').slice(0, 1_200), file).toContain('/**')
  })
})
