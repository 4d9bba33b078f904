/**
 * The road's middle, seal to mint, through the real processes of a deployment whose disk is waited for: sealed submissions at
 * intake's outer door. Beside it Postgres alone with the identical statement, and the cryptography of intake alone.
 */
import { createHash, createHmac, createSecretKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { encodeCard } from '../../crypto/card-bytes.ts'
import { generateKeyPair, open, prepareSchedule, privateDh, seal } from '../../crypto/hpke-node.ts'
import { startWorld, type World } from '../../server/attacks/testing/world.ts'
import { entryText } from '../../server/audit/entries.ts'
import { mandateOf } from '../../server/intake/mandate.ts'
import { activeEpoch, mint } from '../../server/intake/mint.ts'
import { mintStatement } from '../../server/intake/mint-statement.ts'
import { plan, readCapture } from '../../server/intake/store.ts'
import { makePool } from '../../server/database/pool.ts'
import { type Mandate, recordSuite, recordVersion } from '../../server/records/format.ts'
import { sealRecord } from '../../server/records/seal.ts'
import { TestFrame } from '../../server/testing/frame.ts'
import { percentile } from '../percentile.ts'
import { cpuMs, cpuMsOfServer, walCounts } from './costs.ts'
import { copyCaptures, findPgbench, pgbench, scriptOf } from './pgbench.ts'
import { sendAll } from './raw-clients.ts'
import { sealedForms, typedCard } from './sealed-forms.ts'

export interface TokenizeSpeed {
  pairs: number
  submissions: number
  /** Tokens a second at 32 clients, and of Postgres alone at as many; null where pgbench is not to be had. */
  perSecond: number
  postgresPerSecond: number | null
  /** Of what Postgres alone does, at the median of the pairs. */
  share: number | null
  /** Milliseconds, at 32 clients. */
  p50Ms: number
  p99Ms: number
  /** Milliseconds of CPU a token, by process; `postgres` is the server with all it has begun. */
  cpuMs: Readonly<Record<'intake' | 'keyd' | 'keeper' | 'gateway' | 'postgres', number>>
  /** Milliseconds of CPU of intake's cryptography for one token, in this process. */
  cryptoMs: number
  /** At 64 clients, a token. */
  flushes: number
  walBytes: number
}

export const shareMin = 0.2
export const timesCryptoMax = 3
export const flushesMax = 0.25
const pairs = 5
const submissions = 1_500
const warmUps = 3
const clients = 32
const manyClients = 64
const postgresSeconds = 3
/** Captures are laid there for as many; more would be a faster disk than any we have met, and pgbench would say that none is left. */
const postgresPerSecondMax = 8_000

export async function measureTokenize(said: (line: string) => void): Promise<TokenizeSpeed> {
  const world = await startWorld({ SALLYPORT_DURABLE: '1' })
  try {
    return await measure(world, said)
  } finally {
    await world.stop()
  }
}

async function measure(world: World, said: (line: string) => void): Promise<TokenizeSpeed> {
  const db = await world.database('vault')
  const port = Number(new URL(world.stack.direct.capture).port)
  const count = submissions * (warmUps + pairs + 1)
  const forms = await sealedForms(world, db, count, (done) =>
    said(`${done.toLocaleString('en')} of ${count.toLocaleString('en')} forms are filled in`),
  )
  const take = (): Buffer[] => forms.splice(0, submissions)
  const postgres = await postgresAlone(world, db)
  // For nothing: what is measured is a process that has been at work for a while, whose code is compiled.
  for (let turn = 0; turn < warmUps; turn += 1) await sendAll(port, take(), clients)
  postgres?.()

  const shares: number[] = []
  const rates: number[] = []
  const alone: number[] = []
  const latencies: number[] = []
  const pids = pidsOf(world)
  const used = { intake: 0, keyd: 0, keeper: 0, gateway: 0, postgres: 0 }
  for (let pair = 0; pair < pairs; pair += 1) {
    const before = readCpu(pids)
    const { seconds, latenciesMs } = await sendAll(port, take(), clients)
    const after = readCpu(pids)
    for (const name of roles) used[name] += after[name] - before[name]
    rates.push(submissions / seconds)
    latencies.push(...latenciesMs)
    const perSecond = postgres?.()
    if (perSecond === undefined) continue
    alone.push(perSecond)
    shares.push(submissions / seconds / perSecond)
  }
  const before = await walCounts(db)
  await sendAll(port, take(), manyClients)
  const after = await walCounts(db)
  return {
    pairs,
    submissions,
    perSecond: percentile(rates, 0.5),
    postgresPerSecond: alone.length === 0 ? null : percentile(alone, 0.5),
    share: shares.length === 0 ? null : percentile(shares, 0.5),
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    cpuMs: {
      intake: used.intake / (pairs * submissions),
      keyd: used.keyd / (pairs * submissions),
      keeper: used.keeper / (pairs * submissions),
      gateway: used.gateway / (pairs * submissions),
      postgres: used.postgres / (pairs * submissions),
    },
    cryptoMs: cryptographyAlone(),
    flushes: (after.flushes - before.flushes) / submissions,
    walBytes: (after.bytes - before.bytes) / submissions,
  }
}

const roles = ['intake', 'keyd', 'keeper', 'gateway', 'postgres'] as const
type Pids = Readonly<Record<(typeof roles)[number], number>>

function pidsOf({ stack }: World): Pids {
  const [postmaster = ''] = readFileSync(join(stack.home, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')
  return {
    intake: stack.pid('intake'),
    keyd: stack.pid('keyd'),
    keeper: stack.pid('keeper'),
    gateway: stack.pid('gateway'),
    postgres: Number(postmaster),
  }
}

const readCpu = (pids: Pids): Record<(typeof roles)[number], number> => ({
  intake: cpuMs(pids.intake),
  keyd: cpuMs(pids.keyd),
  keeper: cpuMs(pids.keeper),
  gateway: cpuMs(pids.gateway),
  postgres: cpuMsOfServer(pids.postgres),
})

/** Runs pgbench for a turn, on captures that were laid there for it. Null where there is none. */
async function postgresAlone(world: World, db: pg.Client): Promise<(() => number) | null> {
  const program = findPgbench()
  if (program === null) return null
  const url = world.url({ role: 'intake', database: 'vault' })
  const { id, script } = await mintScript(world, url)
  const turns = pairs + 1
  const each = Math.ceil((postgresPerSecondMax * postgresSeconds) / clients)
  await copyCaptures(db, { of: id, clients, from: 0, each: each * turns })
  await db.query('vacuum analyze captures')
  let from = 0
  return () => {
    const { perSecond, done } = pgbench(program, { url, script, clients, seconds: postgresSeconds, from })
    // No client does twice the mean of all.
    from += Math.ceil((2 * done) / clients)
    return perSecond
  }
}

/** The statement as intake would write it for one capture, with the ids that differ from token to token left open. */
async function mintScript(world: World, url: string): Promise<{ id: string; script: string }> {
  const { id, client_secret: secret } = await world.capture()
  await new TestFrame(world.stack.direct.capture, id).attach(secret, [world.stack.urls.demo])
  const pool = makePool(url, { max: 1 })
  try {
    const stored = await readCapture(pool, id)
    if (stored === null) throw new Error('the capture is not there')
    const kek = await activeEpoch(pool)
    const { publicKey } = generateKeyPair('x25519')
    const minted = mint(
      {
        mode: 'sandbox',
        tenant: world.tenant,
        captureId: id,
        conversation: stored.capture.conversation,
        card: typedCard(),
        brand: 'visa',
        last4: '4242',
        mandate: mandateOf(stored.capture, '', Date.now()),
        fingerprint: randomBytes(32),
        cvcKey: { id: 'AAAAAAAAAAA', instance: 'bench', public_key: publicKey.toString('base64url') },
      },
      kek,
    )
    const change = plan(stored.capture, [
      { kind: 'submit', epoch: stored.capture.epoch, visibility: 'unverified' },
      {
        kind: 'complete',
        token: minted.token,
        card: { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2030 },
      },
    ])
    if (change === null) throw new Error('the capture has ended')
    const entry = entryText('bench', Date.now(), {
      actor: 'intake',
      action: 'mint',
      result: 'done',
      capture: id,
      subject: randomBytes(16).toString('base64url'),
    })
    const row = minted.row(change, { submission: randomBytes(32).toString('hex') }, entry)
    const ids = new Map([
      [id, 'cap_'],
      [minted.token.id, 'tok_test_'],
    ])
    return { id, script: scriptOf(mintStatement([row]), ids) }
  } finally {
    await pool.end()
  }
}

/** What intake computes for one token and nothing around it: CPU milliseconds, at the median of some turns. */
function cryptographyAlone(): number {
  const hour = generateKeyPair('x25519')
  const kek = { kekId: randomBytes(8), suite: 'x25519' as const, publicKey: generateKeyPair('x25519').publicKey }
  const cvcKey = { ...kek, publicKey: generateKeyPair('x25519').publicKey }
  const info = prepareSchedule('x25519', Buffer.from('the page of a tenant'))
  const dh = privateDh('x25519', hour.privateKey)
  const aad = randomBytes(150)
  const sealed = seal({ kem: 'x25519', publicKey: hour.publicKey, info, aad, plaintext: encodeCard(typedCard()) })
  const mac = createSecretKey(randomBytes(32))
  const { privateKey } = generateKeyPairSync('ed25519')
  const call = randomBytes(900)
  const mandate: Mandate = {
    uses: 1,
    amountMax: 50_000,
    currency: 'EUR',
    account: 'acc_sandbox',
    notAfterMs: Date.now() + 3_600_000,
    maxOpens: 5,
  }
  const context = {
    version: recordVersion,
    suite: recordSuite,
    mode: 'sandbox' as const,
    tenant: 'ten_bench',
    token: 'tok_test_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    createdMs: Date.now(),
    mandate,
  }
  const once = (): void => {
    createHash('sha256').update(sealed.enc).update(sealed.ciphertext).digest()
    const plaintext = open({ kem: 'x25519', publicKey: hour.publicKey, dh, aad, info, ...sealed })
    createHmac('sha256', mac).update(plaintext.subarray(0, 16)).digest()
    sign(null, call, privateKey)
    sealRecord(plaintext, { ...context, class: 'card' }, kek)
    sealRecord(plaintext.subarray(0, 3), { ...context, class: 'cvc' }, cvcKey)
    createHmac('sha256', mac).update(context.token).digest()
  }
  const turns: number[] = []
  for (let turn = 0; turn < 8; turn += 1) {
    const before = process.cpuUsage()
    for (let index = 0; index < 500; index += 1) once()
    const { user, system } = process.cpuUsage(before)
    turns.push((user + system) / 1_000 / 500)
  }
  // The first of them compiles.
  return percentile(turns.slice(1), 0.5)
}
