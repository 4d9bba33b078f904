/**
 * Forms that people have filled in, each a request that is still to be sent: captures of a deployment that a frame has taken up
 * over HTTP, and a card sealed for each. Captures themselves are copies of one, for how an agent asks is not what is measured.
 */
import { createHash, randomBytes } from 'node:crypto'
import type pg from 'pg'
import { captureAad, captureInfo, shownBytes } from '../../crypto/capture-binding.ts'
import { encodeCard } from '../../crypto/card-bytes.ts'
import { seal } from '../../crypto/hpke-node.ts'
import { Pan } from '../../crypto/pan.ts'
import { Secret } from '../../crypto/secret.ts'
import type { AttachAnswer, SubmitRequest } from '../../protocol/capture-http.ts'
import { makeId } from '../../protocol/ids.ts'
import type { World } from '../../server/attacks/testing/world.ts'
import { ticketFor } from '../../server/testing/vault.ts'
import { rawPost, sendAll } from './raw-clients.ts'

const clients = 16
/** Captures are made and taken up so many at a time. */
const batch = 1_000
const build = 'bench'

export const typedCard = () => ({
  number: new Pan(Buffer.from('4242424242424242')),
  expMonth: 12,
  expYear: 2030,
  name: 'Ada Lovelace',
  cvc: new Secret(Buffer.from('123')),
})

/** @param said called with how many are done, now and then */
export async function sealedForms(
  world: World,
  db: pg.ClientBase,
  count: number,
  said: (done: number) => void,
): Promise<Buffer[]> {
  const { host, port } = new URL(world.stack.direct.capture)
  const template = (await world.capture()).id
  const made: Buffer[] = []
  while (made.length < count) {
    const captures = await copies(world, db, template, Math.min(batch, count - made.length))
    const attaching = captures.map(({ id, secret }) => {
      const body = { v: 1, capture_id: id, channel: 'web', ancestors: [world.stack.urls.demo], build }
      return rawPost({ path: '/v1/attach', host, secret, body: JSON.stringify(body) })
    })
    const { bodies } = await sendAll(Number(port), attaching, clients)
    for (const [index, { id }] of captures.entries()) {
      const attached = JSON.parse(bodies[index] ?? '') as AttachAnswer // sound: a 200 of this route
      const body = JSON.stringify(sealed(id, attached))
      made.push(rawPost({ path: '/v1/submit', host, secret: attached.session_secret, body }))
    }
    said(made.length)
  }
  return made
}

/** With secrets and tickets of their own, and the event that each began with. */
async function copies(
  world: World,
  db: pg.ClientBase,
  template: string,
  count: number,
): Promise<{ id: string; secret: string }[]> {
  const captures = await Promise.all(
    Array.from({ length: count }, async () => {
      const id = makeId('cap_')
      const secret = `cs_${randomBytes(32).toString('base64url')}`
      return { id, secret, ticket: await ticketFor(world.secrets, world.tenant, id) }
    }),
  )
  await db.query(
    `with made as (select * from unnest($2::text[], $3::text[], $4::bytea[]) as m (id, ticket, secret_hash)),
     begun as (
       insert into events (tenant, subject, sequence, type, conversation, envelope)
       select e.tenant, m.id, e.sequence, e.type, e.conversation, replace(e.envelope::text, $1, m.id)::jsonb
       from events e, made m where e.subject = $1)
     insert into captures (id, tenant, conversation, state, sequence, body, ticket, client_secret_hash, secret_expires_at, expires_at)
     select m.id, c.tenant, c.conversation, c.state, c.sequence, replace(c.body::text, $1, m.id)::jsonb, m.ticket, m.secret_hash,
       c.secret_expires_at, c.expires_at
     from captures c, made m where c.id = $1`,
    [
      template,
      captures.map(({ id }) => id),
      captures.map(({ ticket }) => ticket),
      captures.map(({ secret }) => createHash('sha256').update(secret).digest()),
    ],
  )
  return captures
}

/** A card for the capture that a frame has taken up. */
export function sealed(id: string, attached: AttachAnswer): SubmitRequest {
  const { key, epoch } = attached
  const shown = createHash('sha256').update(shownBytes(attached)).digest('base64url')
  const { enc, ciphertext } = seal({
    kem: 'x25519',
    publicKey: Buffer.from(key.public_key, 'base64url'),
    info: captureInfo(attached.tenant, attached.origin),
    aad: captureAad({ capture: id, epoch, keyId: key.key_id, build, shownHash: shown }),
    plaintext: encodeCard(typedCard()),
  })
  return {
    capture_id: id,
    epoch,
    key_id: key.key_id,
    build,
    shown,
    enc: enc.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
  }
}
