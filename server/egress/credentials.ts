/**
 * Credentials of merchant accounts: opened by egress's own signed request (the one opening without a grant), kept for
 * at most ten minutes, lent as copies that the borrower wipes.
 */
import { Secret } from '../../crypto/secret.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import { type CredentialAnswer, type CredentialCall, toWireContext } from '../records/keyd-calls.ts'
import type { RecordContext } from '../records/format.ts'
import { openRecord } from '../records/open.ts'
import { makeReplyKey } from '../records/reply.ts'
import type { Ledger } from './ledger.ts'

/** charging.md §3 rule 12. */
const keptMsMax = 600_000

export interface Credentials {
  /** A copy that the caller wipes. Rejects with system.unavailable where there is none to be had. */
  borrow(account: string, tenant: string): Promise<Secret>
  /** The processor does not take it any more: the next one is opened anew. */
  drop(account: string): void
  wipe(): void
}

interface Options {
  ledger: Ledger
  keyd: InnerCall
  mode: RecordContext['mode']
  now: () => number
}

export function makeCredentials({ ledger, keyd, mode, now }: Options): Credentials {
  const kept = new Map<string, { secret: Secret; until: number }>()

  async function open(account: string, tenant: string): Promise<Secret> {
    const row = await ledger.credential(account)
    if (row === null) throw new SallyportError('system.unavailable')
    const context: RecordContext = {
      version: row.version,
      suite: row.suite,
      mode,
      tenant,
      token: account,
      class: 'credential',
      createdMs: row.created_ms,
      mandate: null,
    }
    const replyKey = makeReplyKey()
    const call: CredentialCall = {
      record: {
        context: toWireContext(context),
        kek_id: row.kek_id.toString('base64url'),
        wrapped_dek: row.wrapped_dek.toString('base64url'),
      },
      reply_key: replyKey.publicKey,
    }
    const answer = (await keyd('POST', '/credential', call)) as CredentialAnswer // its key is checked by opening it
    const dek = replyKey.open(answer.key, account, 'credential')
    try {
      return new Secret(openRecord(row.body, context, dek))
    } finally {
      dek.fill(0)
    }
  }

  const drop = (account: string): void => {
    kept.get(account)?.secret.wipe()
    kept.delete(account)
  }

  return {
    async borrow(account, tenant) {
      const known = kept.get(account)
      if (known !== undefined && known.until <= now()) drop(account)
      let secret = kept.get(account)?.secret
      if (secret === undefined) {
        secret = await open(account, tenant)
        drop(account)
        kept.set(account, { secret, until: now() + keptMsMax })
      }
      return secret.use((bytes) => new Secret(Uint8Array.from(bytes)))
    },
    drop,
    wipe: () => {
      for (const account of [...kept.keys()]) drop(account)
    },
  }
}
