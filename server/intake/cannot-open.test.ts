import { type ChildProcess, fork } from 'node:child_process'
import { createDecipheriv } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { importPrivateKey, open, privateDh } from '../../crypto/hpke-node.ts'
import { encodeContext, type RecordContext, wrapInfo } from '../records/format.ts'
import { openRecord } from '../records/open.ts'
import { decodeCard } from '../../crypto/card-bytes.ts'
import { freePorts } from '../testing/free-ports.ts'
import { TestFrame } from '../testing/frame.ts'
import { memoryParts } from '../testing/memory.ts'
import { startVault, type TestVault } from '../testing/vault.ts'

/** Whoever has intake's keys, its memory and the whole vault database tries to open what intake sealed. */
describe('intake cannot open what it sealed', () => {
  let vault: TestVault
  let db: pg.Pool
  let child: ChildProcess
  let record: { wrapped_dek: Buffer; body: Buffer; public_key: Buffer }
  let context: RecordContext

  beforeAll(async () => {
    vault = await startVault()
    db = vault.db
    const url = await startOwnProcess()
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(url, id)
    const { body: attached } = await frame.attach(clientSecret)
    const { body } = await frame.submit(
      attached,
      await frame.seal(attached, { number: '5555555555554444', cvc: '987' }),
    )
    const token = body.token
    const { rows } = await db.query(
      `
      select r.wrapped_dek, r.body, k.public_key, r.version, r.suite, t.tenant, t.created_ms::float8 as created_ms, m.uses, m.amount_max::float8 as amount_max,
        m.currency, m.account, m.not_after_ms::float8 as not_after_ms, m.max_opens
      from records r join kek_epochs k on k.kek_id = r.kek_id join tokens t on t.id = r.token join mandates m on m.token = t.id where r.token = $1`,
      [token],
    )
    const row = rows[0]
    record = row
    context = {
      version: row.version,
      suite: row.suite,
      mode: 'sandbox',
      tenant: row.tenant,
      token: token ?? '',
      class: 'card',
      createdMs: row.created_ms,
      mandate: {
        uses: row.uses,
        amountMax: row.amount_max,
        currency: row.currency,
        account: row.account,
        notAfterMs: row.not_after_ms,
        maxOpens: row.max_opens,
      },
    }
  }, 60_000)
  afterAll(async () => {
    child.kill('SIGKILL')
    await vault.close()
  })

  /** A process of its own, as in a deployment, so that its memory is intake's alone. */
  async function startOwnProcess(): Promise<string> {
    const [port = 0] = await freePorts(1)
    const folder = join(vault.configs.intake.frame_dir, '..')
    const path = join(folder, 'intake.json')
    const url = `http://127.0.0.1:${port}`
    writeFileSync(
      path,
      JSON.stringify({
        ...vault.configs.intake,
        listen: { host: '127.0.0.1', port },
        public_url: url,
        inner_socket: join(folder, 'intake-two', 'door.sock'),
      }),
      { mode: 0o600 },
    )
    child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), {
      env: { SALLYPORT_CONFIG: path, PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    })
    await new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', () => reject(new Error('intake did not start')))
    })
    return url
  }

  const unwrap = (privateKey: Buffer): Buffer => {
    const pair = importPrivateKey('x25519', privateKey)
    return open({
      kem: 'x25519',
      enc: record.wrapped_dek.subarray(0, 32),
      ciphertext: record.wrapped_dek.subarray(32),
      publicKey: record.public_key,
      info: wrapInfo(encodeContext(context)),
      aad: new Uint8Array(0),
      dh: privateDh('x25519', pair.privateKey),
    })
  }

  /** Every 32-byte value in the configuration, and the hour's private keys, which its secret opens. */
  async function intakesKeys(): Promise<Buffer[]> {
    const strings: string[] = []
    const walk = (value: unknown): void => {
      if (typeof value === 'string') strings.push(value)
      else if (typeof value === 'object' && value !== null) Object.values(value).forEach(walk)
    }
    walk(vault.configs.intake)
    const keys = strings
      .filter((text) => /^[A-Za-z0-9_-]{43}$/.test(text))
      .map((text) => Buffer.from(text, 'base64url'))
    const secret = Buffer.from(vault.configs.intake.hour_key_secret, 'base64url')
    const { rows } = await db.query<{ key_id: string; sealed: Buffer }>('select key_id, sealed from hour_keys')
    for (const { key_id, sealed } of rows) {
      const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12)).setAAD(Buffer.from(key_id))
      decipher.setAuthTag(sealed.subarray(-16))
      keys.push(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]))
    }
    expect(rows.length).toBeGreaterThan(0)
    return keys
  }

  const keydsKeys = (): Buffer[] => {
    const folder = vault.configs.keyd.key_store.slice('file:'.length)
    return readdirSync(folder).flatMap((name) => {
      const found = /"private_key"\s*:\s*"([A-Za-z0-9_-]{43})"/.exec(readFileSync(join(folder, name), 'utf8'))?.[1]
      return found === undefined ? [] : [Buffer.from(found, 'base64url')]
    })
  }
  const opensWith = (keys: Buffer[]): Buffer | null => {
    for (const key of keys) {
      try {
        return unwrap(key)
      } catch {
        // Not this one.
      }
    }
    return null
  }

  it("with all its keys and the whole database nothing opens; keyd's key does (control)", async () => {
    const keys = await intakesKeys()
    expect(keys.length).toBeGreaterThanOrEqual(5)
    expect(opensWith(keys)).toBeNull()
    for (const key of keys) expect(() => openRecord(record.body, context, key)).toThrow()
    const dek = opensWith(keydsKeys())
    if (dek === null) throw new Error('the control must open')
    expect(
      decodeCard(openRecord(record.body, context, dek)).number.use((digits) => Buffer.from(digits).toString()),
    ).toBe('5555555555554444')
  })

  it.runIf(process.platform === 'linux')(
    "its memory holds neither the record's key nor keyd's; what it does hold is found (control)",
    async () => {
      const dek = opensWith(keydsKeys())
      if (dek === null) throw new Error('the record must open for the comparison')
      // It lets go of what the crypto library held once it has been idle for half a second.
      await delay(1_500)
      const memory = Array.from(memoryParts(child.pid ?? 0), (part) => Buffer.from(part))
      const holds = (bytes: Buffer): boolean => memory.some((part) => part.includes(bytes))
      expect(holds(Buffer.from(vault.configs.intake.hour_key_secret))).toBe(true)
      expect(holds(dek)).toBe(false)
      for (const key of keydsKeys()) expect(holds(key) || holds(Buffer.from(key.toString('base64url')))).toBe(false)
    },
  )
})
