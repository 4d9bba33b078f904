/**
 * Tokens that end by themselves: their tenant's retention is over, or their mandate ended a day ago. They cannot be read or
 * charged any more when that moment comes; this is what takes their keys. The vault decides what is over, not this process.
 */
import type pg from 'pg'
import { makeId } from '../../protocol/ids.ts'
import { limits } from '../../protocol/limits.ts'
import type { VaultFact } from '../audit/vault-log.ts'

export interface Ending {
  db: pg.Pool
  /** One line for the vault's audit log. */
  audit: (fact: VaultFact) => Promise<string>
  now: () => number
}

/** Of one look: names and times, no more than a page of an index. */
const lookedAt = 2_000
/** A small vault is walked once a minute, and idles otherwise. */
const walkEveryMs = 60_000

/** Takes one step of the walk over all tokens; how many ended in it. */
export function endingTokens({ db, audit, now }: Ending, looked: number = lookedAt): () => Promise<number> {
  let after = ''
  let walkBegan = Number.NEGATIVE_INFINITY
  return async () => {
    if (after === '') {
      if (now() - walkBegan < walkEveryMs) return 0
      walkBegan = now()
    }
    const { rows } = await db.query<{ token: string; reason: string | null }>({
      name: 'tokens_over',
      text: 'select * from tokens_over($1, $2)',
      values: [after, looked],
    })
    let ended = 0
    for (const { token, reason } of rows) {
      if (reason === null) continue
      const entry = await audit({ action: 'erase', result: 'done', reason, token })
      const { rows: done } = await db.query<{ done: boolean }>('select token_expire($1, $2, $3, $4) as done', [
        token,
        limits.irrevocableMs,
        makeId('evt_'),
        entry,
      ])
      if (done[0]?.done === true) ended += 1
    }
    after = rows.at(-1)?.token ?? ''
    return ended
  }
}
