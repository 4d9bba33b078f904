/** What an attacker does with an intake: it has the hour's keys, tickets of open captures, and the inner fingerprint key. */
import { createDecipheriv, createHmac, randomUUID } from 'node:crypto'
import pg from 'pg'
import { captureAad, captureInfo } from '../../../crypto/capture-binding.ts'
import { decodeCard } from '../../../crypto/card-bytes.ts'
import { importPrivateKey, open, privateDh } from '../../../crypto/hpke-node.ts'
import type { SubmitRequest } from '../../../protocol/capture-http.ts'
import type { IntakeConfig } from '../../config.ts'
import { signTicket } from '../../grants/sign.ts'
import { change, readCapture } from '../../intake/store.ts'
import { tell } from './door.ts'
import type { KnownCard } from './many-cards.ts'

/** A submission that was recorded on the way, opened with the key of its hour. */
export async function openRecorded(
  config: IntakeConfig,
  { submission, tenant, origin }: { submission: SubmitRequest; tenant: string; origin: string },
): Promise<string> {
  const client = new pg.Client({ connectionString: config.database_url })
  await client.connect()
  const { rows } = await client.query<{ sealed: Buffer; public_key: Buffer }>(
    'select sealed, public_key from hour_keys where key_id = $1',
    [submission.key_id],
  )
  await client.end()
  const row = rows[0]
  if (row === undefined) return 'the key of that hour is gone'
  const secret = Buffer.from(config.hour_key_secret, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', secret, row.sealed.subarray(0, 12))
  decipher.setAAD(Buffer.from(submission.key_id)).setAuthTag(row.sealed.subarray(-16))
  const pair = importPrivateKey(
    'x25519',
    Buffer.concat([decipher.update(row.sealed.subarray(12, -16)), decipher.final()]),
  )
  const plaintext = open({
    kem: 'x25519',
    publicKey: pair.publicKey,
    dh: privateDh('x25519', pair.privateKey),
    info: captureInfo(tenant, origin),
    aad: captureAad({
      capture: submission.capture_id,
      epoch: submission.epoch,
      keyId: submission.key_id,
      build: submission.build,
      shownHash: submission.shown,
    }),
    enc: Buffer.from(submission.enc, 'base64url'),
    ciphertext: Buffer.from(submission.ciphertext, 'base64url'),
  })
  return decodeCard(plaintext).number.use((digits) => Buffer.from(digits).toString())
}

/** Ends somebody's capture by its own word. */
export async function cancel(config: IntakeConfig, { capture }: { capture: string }): Promise<string> {
  const pool = new pg.Pool({ connectionString: config.database_url, max: 1 })
  try {
    await change(pool, capture, () => [{ kind: 'cancel', by: 'customer' }])
    return (await readCapture(pool, capture))?.capture.state ?? 'gone'
  } finally {
    await pool.end()
  }
}

const forKeyd = (config: IntakeConfig) => ({
  socket: config.keyd.socket,
  callee: 'keyd' as const,
  issuer: 'intake' as const,
  key: config.request_key,
})
const inner = (config: IntakeConfig, number: string): string =>
  createHmac('sha256', Buffer.from(config.fingerprint_key, 'base64url')).update(number).digest('base64url')

/** What keyd answers against a ticket, with one of intake's own making or with the one of an open capture. */
export async function askWithTicket(
  config: IntakeConfig,
  { capture, tenant, own }: { capture: string; tenant: string; own: boolean },
): Promise<(string | null)[]> {
  const iat = Math.floor(Date.now() / 1_000)
  const life = { iat, exp: iat + 60, jti: randomUUID(), mode: config.mode }
  const pool = new pg.Pool({ connectionString: config.database_url, max: 1 })
  const given = (await readCapture(pool, capture))?.ticket ?? ''
  await pool.end()
  const ticket = own
    ? await signTicket({ iss: 'gateway', aud: 'keyd', ...life, tenant, capture }, config.request_key)
    : given
  const asked: [string, unknown][] = [
    ['/fingerprint', { ticket, inner: inner(config, '4242424242424242'), cvc: false }],
    ['/cvc/key', { ticket }],
  ]
  return Promise.all(asked.map(async ([path, body]) => (await tell(forKeyd(config), 'POST', path, body)).code))
}

/**
 * The oracle: are these cards, whose first six and last four digits it knows, among the stored ones? It asks with the
 * tickets of the captures that are open now, until none answers any more.
 */
export async function oracle(
  config: IntakeConfig,
  { captures, tenant, cards }: { captures: string[]; tenant: string; cards: KnownCard[] },
): Promise<{ guesses: number; perTicket: number[]; found: number }> {
  const pool = new pg.Pool({ connectionString: config.database_url, max: 1 })
  const perTicket: number[] = []
  let guesses = 0
  let found = 0
  for (const capture of captures) {
    const ticket = (await readCapture(pool, capture))?.ticket ?? ''
    let answered = 0
    for (;;) {
      const card = cards[guesses % cards.length]
      if (card === undefined) break
      const guess = `${card.bin}${String(guesses).padStart(6, '0')}${card.last4}`
      const told = await tell(forKeyd(config), 'POST', '/fingerprint', {
        ticket,
        inner: inner(config, guess),
        cvc: false,
      })
      if (told.code !== null) break
      answered += 1
      guesses += 1
      // Sound: keyd's own answer.
      const { fingerprint } = told.answer as { fingerprint: string }
      const { rows } = await pool.query<{ seen: string }>('select seen_before($1, $2) as seen', [
        tenant,
        Buffer.from(fingerprint, 'base64url'),
      ])
      if (rows[0]?.seen !== 'new') found += 1
    }
    perTicket.push(answered)
  }
  await pool.end()
  return { guesses, perTicket, found }
}
