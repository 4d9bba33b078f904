/**
 * used-up: a token whose last use is settled opens never again. Sent by egress, which has the ledger; from then on a
 * gateway and an egress that are taken later have nothing to sign or present for it.
 */
import type { KeydAudit } from './audit-log.ts'
import type { Ledger } from './ledger.ts'
import { parseUsedUp } from './parse.ts'

export async function usedUp(
  body: unknown,
  requestId: string,
  { ledger, audit }: { ledger: Ledger; audit: KeydAudit },
): Promise<Record<string, never>> {
  const { token } = parseUsedUp(body)
  const subject = audit.pseudonym(token)
  const entry = { actor: 'egress', action: 'used_up', result: 'done', subject, request_id: requestId } as const
  await ledger.usedUp(token, audit.entry(entry))
  return {}
}
