/** Rows of a file that somebody exported: JSON (a list, or `{ "data": […] }` as an API answers), one JSON document a line, or CSV with a head. */
export type Row = Record<string, unknown>
const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Null where it is none of these, or a CSV whose head lacks one of `members`: a file of another kind must not pass for an empty one. */
export function rowsOf(text: string, members: readonly string[]): Row[] | null {
  const trimmed = text.trim()
  if (trimmed === '') return []
  if (!/^[[{]/.test(trimmed)) return csvRows(trimmed, members)
  const whole = json(trimmed)
  const list = isRow(whole) && Array.isArray(whole['data']) ? whole['data'] : whole
  const rows = Array.isArray(list) ? list : whole !== undefined ? [whole] : trimmed.split('\n').map(json)
  // The sandbox processor's own books have a line a change, with the payment inside.
  const inner = rows.map((row: unknown) => (isRow(row) && isRow(row['payment']) ? row['payment'] : row))
  return inner.every(isRow) ? inner : null
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** RFC 4180, but for line ends inside of quotes, which no id has. */
function csvRows(text: string, members: readonly string[]): Row[] | null {
  const [head = [], ...rows] = text.split(/\r?\n/).map(cellsOf)
  const names = head.map((name) => name.trim().toLowerCase())
  if (!members.every((name) => names.includes(name))) return null
  return rows.map((cells) => Object.fromEntries(names.map((name, at) => [name, cells[at] ?? ''])))
}

const cellsOf = (line: string): string[] =>
  [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare ?? '',
  )
