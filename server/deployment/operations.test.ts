/** The whole deployment, as `npm start` runs it: what operators see of it, and what they lose when they restart a part. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyLine, publicKeyOf } from '../audit/note.ts'
import { makeWitnessKey } from '../auditor/witness-key.ts'
import type { Role } from '../config.ts'
import { roles } from '../config.ts'
import { ownSocket } from '../database/run-folder.ts'
import { commandEntries } from '../process-entries.ts'
import { builtOr } from '../root.ts'
import { freePorts } from '../testing/free-ports.ts'
import { selfSigned } from '../testing/self-signed.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import { type Client, client, steadily } from '../testing/steady-load.ts'

const folder = mkdtempSync(join(tmpdir(), 'sallyport-tls-'))
let stack: Stack
let agent: Client
let browser: Client
let auditUrl: string
let witnessLine: string

beforeAll(async () => {
  // Where the process's own user may read them.
  chmodSync(folder, 0o755)
  const { cert, key } = selfSigned('capture.localhost')
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  writeFileSync(certFile, cert, { mode: 0o644 })
  writeFileSync(keyFile, key, { mode: 0o644 })
  const [auditPort = 0] = await freePorts(1)
  auditUrl = `http://127.0.0.1:${auditPort}`
  const witness = makeWitnessKey('witness.example/one', join(folder, 'witness.json'))
  witnessLine = keyLine({ type: 'cosignature', name: witness.name, publicKey: publicKeyOf(witness.key) })
  stack = await startStack({
    env: {
      SALLYPORT_DEMO: '0',
      SALLYPORT_SECURITY_CONTACT: 'mailto:security@shop.example',
      SALLYPORT_INTAKE_TLS_CERT: certFile,
      SALLYPORT_INTAKE_TLS_KEY: keyFile,
      SALLYPORT_AUDIT_PORT: String(auditPort),
      SALLYPORT_AUDIT_WITNESSES: witnessLine,
    },
  })
  agent = client(stack.direct.gateway)
  browser = client(stack.direct.capture.replace('http:', 'https:'), cert)
}, 100_000)
afterAll(async () => {
  agent.close()
  browser.close()
  await stack.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Answers that say "try again shortly": right where a part is away for longer than the others wait for it. */
let unavailable = 0

const api = async (path: string, body: object, key?: string) => {
  const headers = {
    authorization: `Bearer ${stack.tenant.secret_key}`,
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  }
  let answer = await agent.ask({ method: 'POST', path, body, headers })
  for (const until = Date.now() + 20_000; answer.status === 503 && Date.now() < until; unavailable += 1) {
    await delay(250)
    answer = await agent.ask({ method: 'POST', path, body, headers })
  }
  if (answer.status > 201) throw new Error(`${path} was answered with ${answer.status}: ${answer.body}`)
  return JSON.parse(answer.body)
}

/** A capture, its token and a charge: through gateway, intake, keyd, egress and the processor. */
async function pay(reference: string): Promise<{ id: string; state: string; token: string }> {
  const amount = { amount_minor: 8_000, currency: 'EUR' }
  const { id } = await api('/v1/captures', { conversation: 'talk-1', purpose: 'pay', amount }, `capture-${reference}`)
  const { token } = await api(`/v1/test/captures/${id}/complete`, {})
  const charge = await api('/v1/charges', { token: token.id, ...amount, reference }, `charge-${reference}`)
  return { id: charge.id, state: charge.state, token: token.id }
}

const atSocket = (role: Role, path: string): Promise<{ status: number; type: string; text: string }> =>
  new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: ownSocket(stack.home, role), path }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      answer.once('end', () =>
        resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', text }),
      )
    })
    outgoing.once('error', reject)
    outgoing.end()
  })

type Line = Record<string, unknown>
const logOf = (name: string): Line[] =>
  readFileSync(join(stack.home, 'logs', `${name}.log`), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

describe('what each process says of itself', () => {
  test('it answers, it is ready, and it counts, on its inner door', async () => {
    expect((await pay('order-metrics')).state).toBe('captured')
    for (const role of roles) {
      expect(await atSocket(role, '/healthz'), role).toMatchObject({ status: 200, text: '{"ok":true}' })
      expect(await atSocket(role, '/readyz'), role).toMatchObject({ status: 200 })
      const { type, text } = await atSocket(role, '/metrics')
      expect(type).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(text, role).toMatch(/^sallyport_pool_connections\{state="waiting"\} \d+$/m)
      expect(text, role).toMatch(/^sallyport_resident_bytes \d+$/m)
    }
  })

  test.each([
    ['gateway', /sallyport_requests_total\{door="outer",route="POST \/v1\/charges",status="201",code="ok"\} [1-9]/],
    ['gateway', /sallyport_request_duration_seconds_count\{door="outer",route="POST \/v1\/charges",code="ok"\} [1-9]/],
    ['gateway', /sallyport_captures_total\{state="completed"\} [1-9]/],
    ['gateway', /sallyport_charges_total\{state="captured"\} [1-9]/],
    ['gateway', /sallyport_feed_behind_events \d/],
    ['gateway', /sallyport_feed_connected 1/],
    ['intake', /sallyport_requests_total\{door="inner",route="POST \/captures",status="200",code="ok"\} [1-9]/],
    ['egress', /sallyport_charge_outcomes_total\{state="captured"\} [1-9]/],
    ['keyd', /sallyport_requests_total\{door="inner",route="POST \/open",status="200",code="ok"\} [1-9]/],
    ['keyd', /sallyport_key_uses_total\{action="open",result="done"\} [1-9]/],
    ['keyd', /sallyport_audit_lag_seconds\{log="keyd"\} \d/],
    ['keeper', /sallyport_audit_lag_seconds\{log="vault"\} \d/],
    ['keeper', /sallyport_sequencer_lag_seconds \d/],
  ] as const)('%s counts %s', async (role, pattern) => {
    await expect.poll(async () => (await atSocket(role, '/metrics')).text).toMatch(pattern)
  })

  test('no id and nothing that was sent is in a label', async () => {
    await agent.ask({ method: 'GET', path: '/v1/captures/4242424242424242' })
    await browser.ask({ method: 'GET', path: '/f/4242424242424242' })
    for (const role of roles) {
      const { text } = await atSocket(role, '/metrics')
      // Without the values: memory in bytes may have any digits.
      const labels = text.replaceAll(/^([^#].*) \S+$/gm, '$1')
      expect(labels, role).not.toMatch(/4242|(cap|chg|req|ten)_[a-z]{26}|(tok|sk|pk)_(test|live)_/)
    }
  })

  test('security.txt stands at both outer doors, the one that speaks HTTPS and the one that does not', async () => {
    for (const door of [agent, browser]) {
      const { status, body } = await door.ask({ method: 'GET', path: '/.well-known/security.txt' })
      expect(status).toBe(200)
      expect(body).toMatch(/^Contact: mailto:security@shop\.example\nExpires: \d{4}-\d\d-\d\dT00:00:00Z\n/)
    }
  })
})

test('one request id is followed from the edge to the processor, through the log of every process on the way', async () => {
  const charge = await pay('order-followed')
  const id = logOf('egress').find((line) => line['charge'] === charge.id)?.['request_id']
  expect(id).toMatch(/^req_[a-z]{26}$/)
  /** What a process logged for this request; its last line may come a moment after the answer. */
  const lines = (name: string) => logOf(name).filter((line) => line['request_id'] === id)
  const events = (name: string) =>
    lines(name).map(({ event, route }) => (route === undefined ? event : `${event} ${route}`))
  await expect.poll(() => events('gateway')).toEqual(['request.answered /v1/charges'])
  await expect.poll(() => events('processor')).toEqual(['processor.answered'])
  const inEgress = ['inner.answered /charges/terms', 'charge.settled', 'inner.answered /charges']
  await expect.poll(() => events('egress')).toEqual(inEgress)
  await expect.poll(() => events('keyd')).toContain('inner.answered /open')
  await expect.poll(() => logOf('gateway').some(({ route }) => route === '/v1/captures')).toBe(true)
  const capture = logOf('gateway').findLast(({ route }) => route === '/v1/captures')?.['request_id']
  expect(logOf('intake').filter((line) => line['request_id'] === capture)).not.toEqual([])
  const doors = ['gateway', 'intake', 'egress', 'keyd'].flatMap(logOf)
  const ofRequests = doors.filter(({ event }) => /^(request|inner)\./.test(String(event)))
  expect(ofRequests.filter((line) => !/^req_[a-z]{26}$/.test(String(line['request_id'])))).toEqual([])
})

describe('the audit logs, as an auditor has them', () => {
  const sallyport = (...args: string[]): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const env = { PATH: process.env['PATH'], SALLYPORT_HOME: stack.home }
      const cli = builtOr('sallyport', commandEntries.sallyport)
      execFile(process.execPath, [cli, 'audit', ...args], { env, timeout: 30_000 }, (error, out, complaint) =>
        resolve({ code: Number(error?.code ?? 0), out: out + complaint }),
      )
    })
  const [keys, witness, taken, old] = ['log-keys', 'witness-key', 'taken', 'old.note'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string] // sound: four names
  const asWitness = ['witness', '--key', keys, '--as', join(folder, 'witness.json'), '--folder', join(folder, 'memory')]

  test('are cosigned from outside, taken home, and verified there with public keys alone', async () => {
    await pay('audited-1')
    writeFileSync(keys, (await sallyport('key')).out)
    writeFileSync(witness, witnessLine)
    const signed = await sallyport(...asWitness, '--at', auditUrl)
    expect(signed, signed.out).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^vault: \d+ entries cosigned\nkeyd: \d+ entries cosigned\n$/),
    })
    writeFileSync(old, await (await fetch(`${auditUrl}/audit/keyd/checkpoint`)).text())
    await pay('audited-2')
    await delay(2_500)
    expect((await sallyport('export', taken)).code).toBe(0)
    const offline = ['--key', keys, '--witness', witness, '--seen', old]
    const whole = await sallyport('verify', taken, ...offline)
    expect(whole, whole.out).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^vault: whole, \d+ entries.*witness\.example\/one has cosigned \d+\nkeyd: whole/),
    })
  })

  test('of which one byte was changed at home are not whole, and the entry is named', async () => {
    const [name = ''] = readdirSync(join(taken, 'keyd/tile/entries/000.p'))
    const path = join(taken, 'keyd/tile/entries/000.p', name)
    const bundle = readFileSync(path)
    const changed = Buffer.from(bundle)
    changed.set(Buffer.from('failed').subarray(0, 4), changed.indexOf('"result":"done"') + 10)
    writeFileSync(path, changed)
    const verdict = await sallyport('verify', join(taken, 'keyd'), '--key', keys)
    expect(verdict, verdict.out).toMatchObject({
      code: 1,
      out: expect.stringMatching(/^keyd: altered at entry \d+: it is not the entry that was logged\n$/),
    })
    writeFileSync(path, bundle)
    const live = await sallyport('verify', '--key', keys)
    expect(live, live.out).toMatchObject({ code: 0, out: expect.stringMatching(/^vault: whole.*\nkeyd: whole/) })
    expect((await sallyport('verify', join(taken, 'keyd'), '--key', keys)).code, 'control').toBe(0)
  })

  test('give proofs that hold alone, and show no entry at the port', async () => {
    const [proof, since] = [join(folder, 'entry.tlog-proof'), join(folder, 'since')]
    writeFileSync(proof, (await sallyport('prove', 'keyd', '0', '--in', taken)).out)
    expect(await sallyport('verify', '--key', keys, '--proof', proof)).toMatchObject({
      code: 0,
      out: expect.stringContaining('the proof holds'),
    })
    writeFileSync(since, (await sallyport('prove', 'keyd', '--since', old, '--in', taken)).out)
    expect(await sallyport('verify', '--key', keys, '--proof', since, '--since', old)).toMatchObject({
      code: 0,
      out: expect.stringContaining('begins with'),
    })
    writeFileSync(proof, readFileSync(proof, 'utf8').replace('index 0', 'index 1'))
    expect(await sallyport('verify', '--key', keys, '--proof', proof)).toMatchObject({
      code: 1,
      out: expect.stringContaining('does not hold'),
    })
    const [name = ''] = readdirSync(join(taken, 'keyd/tile/0/000.p'))
    expect((await fetch(`${auditUrl}/audit/keyd/tile/0/000.p/${name}`)).status).toBe(200)
    expect((await fetch(`${auditUrl}/audit/keyd/tile/entries/000.p/${name}`)).status).toBe(404)
    expect((await fetch(`${auditUrl}/audit/cosignature`, { method: 'POST', body: 'nothing' })).status).toBe(403)
  })

  test('match what the processor has', async () => {
    const books = join(stack.home, 'processor/state.json')
    const report = await sallyport('match', taken, '--key', keys, '--processor', books)
    expect(report, report.out).toMatchObject({
      code: 0,
      out: expect.stringMatching(/[2-9]\d* openings, [2-9]\d* charges, .* 0 that do not match/),
    })
  })
})

describe('a restart under steady load', () => {
  test.each(['gateway', 'intake', 'egress'] as const)(
    '%s: no request is lost, and none is cut off',
    async (role) => {
      const charges = new Set<string>()
      const paying = steadily(3, async (which, n) => {
        const { id, state } = await pay(`${role}-${which}-${n}`)
        if (state !== 'captured') throw new Error(`a charge is ${state}`)
        charges.add(id)
      })
      const looking = steadily(2, async () => {
        const page = await browser.ask({ method: 'GET', path: `/f/${stack.tenant.publishable_key}` })
        if (page.status !== 200) throw new Error(`the form was answered with ${page.status}`)
        const body = { capture_id: `cap_${'a'.repeat(26)}` }
        const refused = await browser.ask({ method: 'POST', path: '/v1/attach', body })
        if (!refused.body.includes('"code"')) throw new Error('an answer without a code')
      })
      await delay(200)
      const [began, asked] = [Date.now(), unavailable]
      await stack.restart(role)
      const before = paying.answered()
      await expect.poll(() => paying.answered(), { timeout: 20_000 }).toBeGreaterThan(before + 3)
      const awayMs = Date.now() - began
      await Promise.all([paying.stop(), looking.stop()])
      expect([...paying.lost, ...looking.lost]).toEqual([])
      // The supervisor holds the ports of the outer doors open meanwhile: nobody was even refused.
      expect([agent.refused(), browser.refused()]).toEqual([0, 0])
      // On a machine that is too busy to start a process again within this time, others are told to come back.
      if (awayMs < 4_000) expect(unavailable - asked).toBe(0)
      expect(charges.size).toBe(paying.answered())
      expect(looking.answered()).toBeGreaterThan(5)
    },
    60_000,
  )
})
