/** Two keyds on one database and one key store: what one spent the other refuses, whatever their clocks say, and a code opens where its key is. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import { innerClient, type InnerCall } from '../doors/inner-client.ts'
import type { OpenAnswer } from '../records/keyd-calls.ts'
import { makeReplyKey } from '../records/reply.ts'
import { type KeydInstance, type KeydKit, makeKeydKit } from '../testing/keyd-kit.ts'

let kit: KeydKit
let twins: KeydInstance[] = []
beforeEach(async () => {
  kit = await makeKeydKit()
})
afterEach(async () => {
  for (const one of twins.splice(0)) await one.close()
  await kit.close()
})

const withClocks = async (...seconds: number[]): Promise<void> => {
  twins = await Promise.all(seconds.map((apart) => kit.start({ now: () => Date.now() + apart * 1_000 })))
}

/** Each grant at both at once: how many of the two opened. */
async function race(grants: number): Promise<number[]> {
  const work = await Promise.all(
    Array.from({ length: grants }, async () => {
      const sealed = kit.token()
      return { sealed, grant: await kit.grant(sealed) }
    }),
  )
  return Promise.all(
    work.map(async ({ sealed, grant }) => {
      const both = await Promise.allSettled(twins.map((one) => one.open(grant, [kit.wire(sealed)])))
      return both.filter(({ status }) => status === 'fulfilled').length
    }),
  )
}

test('a grant at both at once opens once, also with clocks six seconds apart', async () => {
  await withClocks(-3, 3)
  expect(await race(40)).toEqual(Array(40).fill(1))
})

test('without the unique row it opens twice (control)', async () => {
  await withClocks(0, 0)
  await kit.db.query('alter table grants_used drop constraint grants_used_pkey')
  expect((await race(20)).filter((opened) => opened === 2).length).toBeGreaterThan(0)
})

test('the one whose clock is more than five seconds behind a grant that the other has seen refuses, and the other goes on', async () => {
  await withClocks(0, -7)
  const [right, behind] = twins
  const open = async (one: KeydInstance | undefined): Promise<unknown> => {
    const sealed = kit.token()
    // As old as both take.
    const iat = Math.floor(Date.now() / 1_000) - 4
    return one?.open(await kit.grant(sealed, { iat, exp: iat + 50 }), [kit.wire(sealed)])
  }
  await kit.db.query('update clock set highest_iat = extract(epoch from clock_timestamp())::bigint')
  await expect(open(behind)).rejects.toMatchObject({ code: 'system.unavailable' })
  await open(right)
  expect((await kit.entries()).some(({ reason }) => reason === 'clock_behind')).toBe(true)
})

test('a code opens where its key is, whichever of them the call would have gone to, and nowhere else (control)', async () => {
  await withClocks(0, 0)
  const [socket = '', ...others] = twins.map((one) => one.socket)
  const call: InnerCall = innerClient({
    peer: { socket, others, audience: 'keyd' },
    issuer: 'egress',
    key: kit.keys.egress,
  })
  const open = async (maker: KeydInstance | undefined, routed: boolean): Promise<string | undefined> => {
    const { cvc_key: key } = (await maker?.fingerprint({ cvc: true })) ?? {}
    if (key === undefined) throw new Error('no key for a code')
    const sealed = kit.token()
    const grant = await kit.grant(sealed, { classes: ['card', 'cvc'], charge: makeId('chg_') })
    const records = [kit.wire(sealed), kit.cvcWire(sealed, key)]
    const reply = makeReplyKey()
    const body = { grant, records, reply_key: reply.publicKey }
    const answer = await call('POST', '/open', body, routed ? { instance: key.instance } : {})
    return (answer as OpenAnswer).cvc // sound: keyd's own answer
  }
  for (const maker of [...twins, ...twins]) expect(await open(maker, true)).toBe('open')
  const blind = [await open(twins[0], false), await open(twins[0], false)]
  expect(blind.sort()).toEqual(['lost', 'open'])
  call.close()
})
