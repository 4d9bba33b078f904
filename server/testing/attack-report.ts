/**
 * What the attack tests found, as rows for docs/attacks.md. Each test file writes a section of its own; the sections are
 * put together at the end of a full run, so that the page says what was run and not what was hoped.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
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

export const attackFolder = join(import.meta.dirname, '..', '..', 'test-results', 'attacks')

/** `section` is the page's heading; calling `row` again with the same attack replaces it. */
export function attackReport(section: string): { row(row: AttackRow): void } {
  const rows = new Map<string, AttackRow>()
  return {
    row: (row) => {
      rows.set(row.attack, row)
      mkdirSync(attackFolder, { recursive: true })
      const file = `${section.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`
      writeFileSync(join(attackFolder, file), JSON.stringify({ section, rows: [...rows.values()] }, null, 2))
    },
  }
}
