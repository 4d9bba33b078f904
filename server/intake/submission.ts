/**
 * seal, the receiving half: a sealed submission is opened under what attach told the frame. What comes out are the card's
 * bytes, or the code's; the caller wipes them.
 */
import { createHash } from 'node:crypto'
import { captureAad, captureInfo, type Shown, shownBytes } from '../../crypto/capture-binding.ts'
import { type HpkeKeyPair, open, prepareSchedule, privateDh, type Schedule } from '../../crypto/hpke-node.ts'
import type { SubmitRequest } from '../../protocol/capture-http.ts'
import { SallyportError } from '../../protocol/errors.ts'

const schedules = new Map<string, Schedule>()
const schedulesMax = 1_000

/** The hash of `info` is the same for every capture of a tenant's page. */
function scheduleFor(tenant: string, origin: string): Schedule {
  const key = `${tenant} ${origin}`
  const known = schedules.get(key)
  if (known !== undefined) return known
  if (schedules.size >= schedulesMax) schedules.clear()
  const schedule = prepareSchedule('x25519', captureInfo(tenant, origin))
  schedules.set(key, schedule)
  return schedule
}

export const shownHash = (shown: Shown): string => createHash('sha256').update(shownBytes(shown)).digest('base64url')

export const malformedSubmission = (): SallyportError =>
  new SallyportError('request.malformed', { param: 'ciphertext' })

/** Another origin, epoch, key or anything else shown does not open. */
export function openSubmission(
  request: SubmitRequest,
  { tenant, origin, shown, pair }: { tenant: string; origin: string; shown: Shown; pair: HpkeKeyPair },
): Buffer {
  const hash = shownHash(shown)
  // What the person saw is not what the server would show now: the consent is not for this.
  if (hash !== request.shown) throw new SallyportError('system.conflict')
  const aad = captureAad({
    capture: request.capture_id,
    epoch: request.epoch,
    keyId: request.key_id,
    build: request.build,
    shownHash: hash,
  })
  try {
    return open({
      kem: 'x25519',
      publicKey: pair.publicKey,
      dh: privateDh('x25519', pair.privateKey),
      aad,
      info: scheduleFor(tenant, origin),
      enc: Buffer.from(request.enc, 'base64url'),
      ciphertext: Buffer.from(request.ciphertext, 'base64url'),
    })
  } catch {
    throw malformedSubmission()
  }
}
