/** Erasing: the token stops at once; keeper destroys the wrapped key after the grace and leaves a tombstone in keyd. */
import { SallyportError } from '../../protocol/errors.ts'
import { makeId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { Intake } from './context.ts'

/** Until an epoch's key is destroyed a backup could still be opened: rotation every 30 days, destruction 30 days later. */
const epochLifeMs = 60 * 86_400_000

export async function eraseToken(
  intake: Intake,
  tenant: string,
  token: string,
): Promise<{ id: string; state: 'erased'; irrevocable_by: string }> {
  const irrevocableBy = new Date(intake.now() + epochLifeMs).toISOString()
  const entry = await intake.audit({ action: 'erase', result: 'done', token })
  const { rows } = await intake.db.query({
    text: `with erased as (select erase_request($1, $2, $3, $4, $5) as by),
      noted as (insert into audit (entry) select $6 from erased where by is not null)
      select by from erased`,
    values: [tenant, token, limits.eraseGraceMs, makeId('evt_'), irrevocableBy, entry],
  })
  if (rows[0]?.by === null || rows[0] === undefined) throw new SallyportError('request.not_found')
  return { id: token, state: 'erased', irrevocable_by: irrevocableBy }
}
