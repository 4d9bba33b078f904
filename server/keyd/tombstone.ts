/**
 * tombstone: from now on this token opens never again, whatever is restored from whatever backup of the vault: the
 * tombstone lies in keyd's own database. Sent by keeper when a token was erased.
 */
import type { KeydAudit } from './audit-log.ts'
import type { Ledger } from './ledger.ts'
import { parseTombstone } from './parse.ts'

export async function tombstoneToken(
  body: unknown,
  requestId: string,
  { ledger, audit }: { ledger: Ledger; audit: KeydAudit },
): Promise<Record<string, never>> {
  const { token, tenant } = parseTombstone(body)
  const subject = audit.pseudonym(token)
  await ledger.tombstone(
    token,
    tenant,
    audit.entry({ actor: 'keeper', action: 'tombstone', result: 'done', subject, request_id: requestId }),
  )
  return {}
}
