import { type RecordContext, recordSuite, recordVersion } from '../../records/format.ts'
import { sealRecord } from '../../records/seal.ts'
import type { Epoch } from '../store.ts'

/** As intake seals a card. */
export function recordFor({ suite, publicKey, kekId: id }: Epoch): { context: RecordContext; wrappedDek: Buffer } {
  const context: RecordContext = {
    version: recordVersion,
    suite: recordSuite,
    mode: 'sandbox',
    tenant: 'ten_a',
    token: 'tok_test_a',
    class: 'card',
    createdMs: 1_700_000_000_000,
    mandate: null,
  }
  const { wrappedDek } = sealRecord(Buffer.from('a card'), context, { suite, publicKey, kekId: id })
  return { context, wrappedDek }
}
