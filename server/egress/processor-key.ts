/** The key that a processor knows an attempt by: derived, so that no rollback of a database makes a second one. */
import { createHmac } from 'node:crypto'
import { lp } from '../../crypto/lp.ts'

/** UUIDv8 (RFC 9562 §5.8): 36 characters, below every processor's limit. */
export function processorKey(secret: Uint8Array, charge: string, operation: string, attempt: number): string {
  const bytes = createHmac('sha256', secret)
    .update(lp(charge, operation, attempt))
    .digest()
    .subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
