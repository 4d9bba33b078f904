/**
 * A processor's payments out of a file, as `file-rows.ts` reads it. Of each are needed `reference`, `id` and `status`, by
 * these names. Later lines of one id replace earlier ones.
 */
import { rowsOf } from '../file-rows.ts'
import type { ProcessorPayment } from './match.ts'

export class ProcessorFileError extends Error {}

const members = ['reference', 'id', 'status'] as const
const needed = 'each payment needs a reference, an id and a status, by these names, in JSON or in CSV with a head'

export function readPayments(text: string): ProcessorPayment[] {
  const rows = rowsOf(text, members)
  if (rows === null) throw new ProcessorFileError(needed)
  const byId = new Map<string, ProcessorPayment>()
  for (const row of rows) {
    const [reference, id, status] = members.map((name) => row[name])
    if (typeof reference !== 'string' || typeof id !== 'string' || typeof status !== 'string') {
      throw new ProcessorFileError(needed)
    }
    byId.set(id, { reference, id, status })
  }
  return [...byId.values()]
}
