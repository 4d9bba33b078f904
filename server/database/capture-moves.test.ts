/**
 * The capture's machine is written twice (docs/decisions.md): `protocol/` decides, the vault refuses what it never decides.
 * Here the machine is walked whole, and what it does is compared with what the vault lets happen.
 */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CaptureState, captureStates, hasEnded, suspendReasons } from '../../protocol/capture-states.ts'
import { type Capture, type CaptureCommand, fold, type NewCapture } from '../../protocol/capture.ts'
import { decide } from '../../protocol/decide.ts'
import { makeId } from '../../protocol/ids.ts'
import { testDatabases, type TestDatabases } from '../testing/postgres.ts'

const hour = 3_600_000
const tenant = makeId('ten_')
const birth = (livesMs = hour): NewCapture => ({
  id: makeId('cap_'),
  tenant,
  conversation: 'talk-1',
  purpose: 'pay',
  fields: ['number'],
  created_at: new Date().toISOString(),
  expires_at: new Date(Date.now() + livesMs).toISOString(),
})
const token = {
  id: makeId('tok_test_'),
  uses: 1,
  amount_max_minor: 1,
  currency: 'EUR',
  not_after: '2030-01-01T00:00:00Z',
}

function run(capture: Capture | null, commands: readonly CaptureCommand[], born?: NewCapture): Capture | null {
  let now = capture
  for (const command of commands) {
    const decision = decide(now, command)
    if (!decision.ok) return null
    for (const event of decision.events) now = fold(now, event, born)
  }
  return now
}
function newborn(livesMs?: number): Capture {
  const capture = birth(livesMs)
  const born = run(null, [{ kind: 'create', capture }], capture)
  if (born === null) throw new Error('a capture must be born')
  return born
}

/** What is applied in one transaction: each command alone, and the two of a card that is sealed and kept at once. */
function* changesOf({ epoch }: Capture): Generator<CaptureCommand[]> {
  const submit: CaptureCommand = { kind: 'submit', epoch }
  const complete: CaptureCommand = { kind: 'complete', token }
  yield [submit, complete]
  yield [submit]
  yield [complete]
  for (const channel of ['web', 'link'] as const) yield [{ kind: 'attach', channel }]
  for (const reason of ['lost', 'closed'] as const) yield [{ kind: 'detach', epoch, reason }]
  for (const reason of suspendReasons) yield [{ kind: 'suspend', reason }]
  for (const kind of ['offer_link', 'refuse_link', 'resume'] as const) yield [{ kind }]
  yield [{ kind: 'field_started', epoch, field: 'number' }]
  yield [{ kind: 'field_progress', epoch, field: 'number', level: 'some' }]
  yield [{ kind: 'field_completed', epoch, field: 'number' }]
  yield [{ kind: 'field_rejected', epoch, field: 'number', code: 'checksum' }]
  yield [{ kind: 'shield_failed', epoch, code: 'shield.unavailable' }]
  yield [{ kind: 'fail', code: 'system.internal', retryable: true }]
  yield [{ kind: 'cancel', by: 'customer' }]
  yield [{ kind: 'expire', reason: 'time' }]
}

/** Every move of state that any command makes from any capture there can be; counts are walked to their ends, not past. */
function movesOfTheMachine(): Set<string> {
  const moves = new Set<string>()
  const known = new Set<string>()
  const queue = [newborn()]
  for (let capture = queue.shift(); capture !== undefined; capture = queue.shift()) {
    for (const commands of changesOf(capture)) {
      const next = run(capture, commands)
      if (next === null) continue
      moves.add(`${capture.state} → ${next.state}`)
      const { state, suspended_reason, attached, channel, fields } = next
      const seen = JSON.stringify([state, suspended_reason, attached, channel, fields, Math.min(next.epoch, 1)])
      if (known.has(seen)) continue
      known.add(seen)
      queue.push(next)
    }
  }
  return moves
}

describe('the vault, beside protocol/decide.ts', () => {
  let databases: TestDatabases
  let owner: pg.Client
  let intake: pg.Client
  let keeper: pg.Client
  const connected = async (connectionString: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString })
    await client.connect()
    return client
  }
  beforeAll(async () => {
    databases = await testDatabases(['vault'])
    owner = await connected(databases.superUrl('vault'))
    intake = await connected(databases.vault.url('intake'))
    keeper = await connected(databases.vault.url('keeper'))
    await owner.query(`insert into tenants (id, name, publishable_key) values ($1, 'A shop', 'pk_test_a')`, [tenant])
  }, 60_000)
  afterAll(async () => {
    await Promise.all([owner, intake, keeper].map((client) => client?.end()))
    await databases.drop()
  })

  it('lets a capture go where the machine lets it go, and nowhere else', async () => {
    const { rows } = await owner.query<{ move: string }>(
      `select f || ' → ' || t as move from unnest($1::text[]) f, unnest($1::text[]) t where capture_may_become(f, t)`,
      [captureStates],
    )
    expect(rows.map(({ move }) => move).sort()).toEqual([...movesOfTheMachine()].sort())
  })

  it('the walk through the machine meets every state (control)', () => {
    const met = new Set([...movesOfTheMachine()].flatMap((move) => move.split(' → ')))
    expect([...met].sort()).toEqual([...captureStates].sort())
  })

  const created = async (livesMs?: number): Promise<Capture> => {
    const capture = newborn(livesMs)
    const event = { id: makeId('evt_'), type: 'capture.created', data: {} }
    const values = [JSON.stringify(capture), null, 'ticket', null, Buffer.alloc(32), hour, null, JSON.stringify(event)]
    const { rows } = await intake.query('select capture_create($1, $2, $3, $4, $5, $6, $7, $8) as result', values)
    expect(rows[0].result).toBe('created')
    return capture
  }
  const event = () => JSON.stringify([{ id: makeId('evt_'), type: 'capture.resumed', data: {} }])
  const apply = (client: pg.Client, call: string, capture: Capture, next: Partial<Capture>) =>
    client.query(`select ${call}($1, $2, $3, $4)`, [
      capture.id,
      capture.sequence,
      JSON.stringify({ ...capture, sequence: capture.sequence + 1, ...next }),
      event(),
    ])
  const refused = { code: 'SP422' }

  it('refuses intake a state that may not follow, an epoch that falls and a sequence that its events do not make', async () => {
    const capture = await created()
    for (const state of captureStates.filter((one: CaptureState) => one === 'collecting' || one === 'completed'))
      await expect(apply(intake, 'capture_apply', capture, { state })).rejects.toMatchObject(refused)
    await expect(apply(intake, 'capture_apply', capture, { epoch: -1 })).rejects.toMatchObject(refused)
    await expect(apply(intake, 'capture_apply', capture, { sequence: 9 })).rejects.toMatchObject(refused)
    await apply(intake, 'capture_apply', capture, { state: 'offered', epoch: 1 })
  })

  it('never changes a capture that has ended', async () => {
    for (const end of captureStates.filter(hasEnded)) {
      const capture = await created()
      await owner.query('update captures set state = $2 where id = $1', [capture.id, end])
      for (const state of captureStates)
        await expect(apply(intake, 'capture_apply', capture, { state }), `${end} → ${state}`).rejects.toMatchObject(
          refused,
        )
    }
  })

  it('lets keeper expire what is past its time, and nothing else', async () => {
    const young = await created()
    await expect(apply(keeper, 'capture_expire', young, { state: 'expired' })).rejects.toMatchObject(refused)
    const old = await created(-1_000)
    await expect(apply(keeper, 'capture_expire', old, { state: 'canceled' })).rejects.toMatchObject(refused)
    await apply(keeper, 'capture_expire', old, { state: 'expired' })
  })
})
