/**
 * What the attack tests found, as rows for docs/attacks.md. Each test file writes a section of its own; the sections are
 * put together at the end of a full run (scripts/attacks.mjs), so that the page says what was run and not what was hoped.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface AttackRow {
  attack: string
  /** What the attacker held when it began. */
  had: string
  /** What came out with the defence; without numbers that differ from run to run. */
  defended: string
  /** What the same attack got where the defence was taken away. */
  undefended: string
}

interface Section {
  section: string
  /** Where this is missing the section is not run, and the page keeps what the last run that had it found. */
  needs?: 'root'
  rows: AttackRow[]
}

export const attackFolder = join(import.meta.dirname, '..', '..', 'test-results', 'attacks')

/**
 * `section` is the page's heading; calling `row` again with the same attack replaces it. Several test files may write
 * into one section, also at once, each process into a file of its own: `npm test` clears the folder before it begins.
 */
export function attackReport(section: string, options: { needs?: 'root' } = {}): { row(row: AttackRow): void } {
  const file = join(attackFolder, `${section.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.${process.pid}.json`)
  return {
    row: (row) => {
      mkdirSync(attackFolder, { recursive: true })
      const kept = rowsIn(file).filter(({ attack }) => attack !== row.attack)
      const content: Section = { section, ...options, rows: [...kept, row] }
      writeFileSync(file, JSON.stringify(content, null, 2))
    },
  }
}

function rowsIn(file: string): AttackRow[] {
  try {
    // Sound: written by this file alone.
    return (JSON.parse(readFileSync(file, 'utf8')) as Section).rows
  } catch {
    return []
  }
}
