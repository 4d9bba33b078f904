/**
 * Erasing: the token stops at once; keeper destroys the wrapped key after the grace and leaves a tombstone in keyd. A tenant has
 * a budget of erasures a day, so that whoever takes the gateway over does not erase a vault.
 */
import { SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Intake } from './context.ts'

interface Outcome {
  outcome: 'erased' | 'not_found' | 'too_many'
  irrevocable_by: Date | null
  used: number | null
  allowed: number | null
  wait_ms: number | null
}

export interface Erased {
  id: string
  state: 'erased'
  irrevocable_by: string
}

/** Gives for one tenant the erasure of a token. Rejects with `request.not_found`, or `request.rate_limited` above the budget. */
export function eraser(intake: Intake): (tenant: string, token: string) => Promise<Erased> {
  const quietUntil = new Map<string, number>()

  /** From half of the budget on: a line for the operator and an entry, once an hour. */
  async function alarm(tenant: string, reason: string, count: number): Promise<void> {
    const key = `${tenant} ${reason}`
    if ((quietUntil.get(key) ?? 0) > intake.now()) return
    quietUntil.set(key, intake.now() + 3_600_000)
    intake.log.error({ event: 'erase.alarm', tenant, reason, count })
    const entry = await intake.audit({ action: 'alarm', result: 'done', reason, tenant, count })
    await intake.db.query('insert into audit (entry) values ($1)', [entry])
  }

  return async (tenant, token) => {
    const entry = await intake.audit({ action: 'erase', result: 'done', token })
    const { rows } = await intake.db.query<Outcome>({
      name: 'erase_request',
      text: 'select * from erase_request($1, $2, $3, $4, $5, $6)',
      values: [tenant, token, limits.eraseGraceMs, limits.irrevocableMs, makeId('evt_'), entry],
    })
    const { outcome, irrevocable_by: by, used, allowed, wait_ms: waitMs } = rows[0] ?? { outcome: 'not_found' as const }
    if (outcome === 'too_many') {
      await alarm(tenant, 'erasures', used ?? 0)
      throw new SallyportError('request.rate_limited', waitMs == null ? {} : { retryAfterMs: waitMs })
    }
    if (outcome === 'not_found' || by == null) throw new SallyportError('request.not_found')
    if (used != null && allowed != null && used * 2 >= allowed) await alarm(tenant, 'half_of_erasures', used)
    return { id: token, state: 'erased', irrevocable_by: by.toISOString() }
  }
}
