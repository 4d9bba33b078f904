import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttachAnswer } from '../../protocol/capture-http.ts'
import { parseEvent } from '../../protocol/events.ts'
import { TestFrame } from '../testing/frame.ts'
import { freePorts } from '../testing/free-ports.ts'
import { silent, startVault, type TestVault } from '../testing/vault.ts'
import { presenceTimes } from './presence.ts'
import { startIntake } from './start.ts'

/** As in a deployment, three times quicker. */
const times = { brokenMs: 400, answeredMs: 1_200, forgottenMs: 2_500, lookEveryMs: 200 }
const soon = times.brokenMs + 600

/** A frame's long poll, as a browser holds it: it goes with the document. */
function poll(
  base: string,
  attached: AttachAnswer,
  id: string,
  after = 100,
): { tearOut(): void; answer: Promise<number> } {
  const torn = new AbortController()
  const answer = fetch(`${base}/v1/watch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${attached.session_secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ capture_id: id, epoch: attached.epoch, after }),
    signal: torn.signal,
  }).then(
    ({ status }) => status,
    () => 0,
  )
  return { tearOut: () => torn.abort(), answer }
}

describe('a frame that was there and is gone', () => {
  let vault: TestVault
  let db: pg.Pool
  beforeAll(async () => {
    vault = await startVault({ presence: times })
    db = vault.db
  }, 60_000)
  afterAll(() => vault.close())

  const typing = async () => {
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    await frame.progress(attached, [{ kind: 'started', field: 'number' }])
    return { id, frame, attached }
  }
  const lossOf = async (id: string): Promise<unknown[]> => {
    const { rows } = await db.query<{ envelope: unknown }>(
      'select envelope from events where subject = $1 order by sequence',
      [id],
    )
    return rows
      .map(({ envelope }) => parseEvent(envelope))
      .filter(({ type }) => /detached|suspended|resumed/.test(type))
      .map(({ type, data }) => `${type} ${'reason' in data ? data.reason : ''}`)
  }
  const lost = ['capture.channel.detached lost', 'capture.suspended channel_lost']

  it('is told of within two seconds, without a word from the page', async () => {
    expect(presenceTimes.brokenMs).toBeLessThan(1_500)
    const { id, attached } = await typing()
    const watch = poll(vault.intakeUrl, attached, id)
    await delay(100)
    expect(await lossOf(id)).toEqual([])
    watch.tearOut()
    await expect.poll(() => lossOf(id), { timeout: soon }).toEqual(lost)
  })

  it('may attach again with the secret of its session, and goes on where it was', async () => {
    const { id, frame, attached } = await typing()
    const watch = poll(vault.intakeUrl, attached, id)
    await delay(100)
    watch.tearOut()
    await expect.poll(() => lossOf(id), { timeout: soon }).toEqual(lost)
    const late = await frame.progress(attached, [{ kind: 'progress', field: 'number', level: 'most' }])
    expect(late).toMatchObject({ status: 409, body: { code: 'channel.lost' } })
    expect(await poll(vault.intakeUrl, attached, id).answer).toBe(409)
    const { body: again, status } = await frame.attach(attached.session_secret)
    expect([status, again.epoch, again.state]).toEqual([200, 2, 'collecting'])
    expect(await lossOf(id)).toEqual([...lost, 'capture.resumed channel_lost'])
    const done = await frame.submit(again, await frame.seal(again, { number: '4242424242424242', cvc: '123' }))
    expect(done.status).toBe(200)
  })

  it('is not missed while it asks again, however often its connection breaks', async () => {
    for (let tries = 0; ; tries += 1) {
      const { id, attached } = await typing()
      let lateMs = 0
      for (let breaks = 0; breaks < 5; breaks += 1) {
        const watch = poll(vault.intakeUrl, attached, id)
        await delay(150)
        watch.tearOut()
        const torn = performance.now()
        await delay(200)
        lateMs = Math.max(lateMs, performance.now() - torn)
      }
      const last = poll(vault.intakeUrl, attached, id)
      await delay(soon)
      const lost = await lossOf(id)
      last.tearOut()
      // Where the machine itself was away for so long, nobody asked again in time.
      if (lost.length > 0 && lateMs > times.brokenMs - 150 && tries < 4) continue
      expect(lost).toEqual([])
      return
    }
  })

  it('is missed when it does not ask again after an answer', async () => {
    const { id, attached } = await typing()
    expect(await poll(vault.intakeUrl, attached, id, 0).answer).toBe(200)
    await delay(soon)
    expect(await lossOf(id)).toEqual([])
    await expect.poll(() => lossOf(id), { timeout: times.answeredMs + 600 }).toEqual(lost)
  })

  it('is not missed by one intake while another has it', async () => {
    const [port = 0] = await freePorts(1)
    const { intake } = vault.configs
    const url = `http://127.0.0.1:${port}`
    const inner = intake.inner_socket.replace(/[^/]+$/, 'other.sock')
    const config = { ...intake, listen: { host: '127.0.0.1', port }, public_url: url, inner_socket: inner }
    const second = await startIntake(config, { log: silent, presence: times })
    const { id, attached } = await typing()
    const asked = async (): Promise<unknown> =>
      (await db.query('select poll from presence where capture = $1', [id])).rows[0]?.poll
    const first = poll(vault.intakeUrl, attached, id)
    await expect.poll(asked).toBeTypeOf('string')
    const before = await asked()
    const moved = poll(url, attached, id)
    await expect.poll(asked).not.toBe(before)
    first.tearOut()
    await delay(soon)
    expect(await lossOf(id)).toEqual([])
    moved.tearOut()
    await expect.poll(() => lossOf(id), { timeout: soon }).toEqual(lost)
    await second.close()
  })

  it('is not missed because intake restarts; what nobody comes back to is found by the next one', async () => {
    const [stays, goes] = [await typing(), await typing()]
    const polls = [stays, goes].map(({ attached, id }) => poll(vault.intakeUrl, attached, id))
    await delay(100)
    await vault.restart('intake')
    await Promise.all(polls.map(({ answer }) => answer))
    const again = poll(vault.intakeUrl, stays.attached, stays.id)
    await delay(soon)
    expect(await lossOf(goes.id)).toEqual([])
    await expect.poll(() => lossOf(goes.id), { timeout: times.forgottenMs + 1_000 }).toEqual(lost)
    expect(await lossOf(stays.id)).toEqual([])
    again.tearOut()
  })

  it('whose capture has ended has lost nothing', async () => {
    const { id, frame, attached } = await typing()
    const watch = poll(vault.intakeUrl, attached, id)
    await frame.submit(attached, await frame.seal(attached, { number: '4242424242424242', cvc: '123' }))
    watch.tearOut()
    await delay(soon)
    expect(await lossOf(id)).toEqual([])
  })
})
