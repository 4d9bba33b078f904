/**
 * A processor's payments out of a file: JSON (a list, or `{ "data": […] }` as its API answers), one JSON document a line, or
 * CSV with a head. Of each are needed `reference`, `id` and `status`, by these names. Later lines of one id replace earlier ones.
 */
import type { ProcessorPayment } from './match.ts'

export class ProcessorFileError extends Error {}

const members = ['reference', 'id', 'status'] as const
const needed = 'each payment needs a reference, an id and a status, by these names, in JSON or in CSV with a head'

export function readPayments(text: string): ProcessorPayment[] {
  const byId = new Map<string, ProcessorPayment>()
  for (const row of rowsOf(text.trim())) {
    const [reference, id, status] = members.map((name) => row[name])
    if (typeof reference !== 'string' || typeof id !== 'string' || typeof status !== 'string') {
      throw new ProcessorFileError(needed)
    }
    byId.set(id, { reference, id, status })
  }
  return [...byId.values()]
}

type Row = Record<string, unknown>
const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

function rowsOf(text: string): Row[] {
  if (text === '') return []
  if (!/^[[{]/.test(text)) return csvRows(text)
  const whole = json(text)
  const list = isRow(whole) && Array.isArray(whole['data']) ? whole['data'] : whole
  const rows = Array.isArray(list) ? list : whole !== undefined ? [whole] : text.split('\n').map(json)
  return rows.map((row: unknown) => {
    // The sandbox processor's own books have a line a change, with the payment inside.
    const inner = isRow(row) && isRow(row['payment']) ? row['payment'] : row
    if (!isRow(inner)) throw new ProcessorFileError(needed)
    return inner
  })
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** RFC 4180, but for line ends inside of quotes, which no id has. */
function csvRows(text: string): Row[] {
  const [head = [], ...rows] = text.split(/\r?\n/).map(cellsOf)
  const names = head.map((name) => name.trim().toLowerCase())
  // A file of another kind must not pass for one without payments.
  if (!members.every((name) => names.includes(name))) throw new ProcessorFileError(needed)
  return rows.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])))
}

const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
