/** An inner door: each request is signed by whoever may come to its route. */
import type { Jwk, Role } from '../config.ts'
import { requestSigner, signatureHeader } from '../doors/request-signature.ts'
import type { Door } from './door.ts'
import { callerOf } from './routes.ts'
import { spellings } from './spellings.ts'
import { exchange } from './wire.ts'

export async function signedDoor(
  plain: Omit<Door, 'spelling' | 'bodyBytesMax' | 'credentials'>,
  only: Role,
  keys: Record<Role, Jwk>,
): Promise<Door> {
  let boot = ''
  const sign = (caller: Role) => requestSigner(caller, keys[caller])
  const credentials: Door['credentials'] = async (request) => [
    [signatureHeader, await sign(callerOf(plain.routes, request.path, only))(request, `${plain.name}:${boot}`)],
  ]
  // Whoever has signed for an earlier start is told the present one.
  const request = { method: 'GET', path: '/nothing', body: Buffer.alloc(0) }
  const [[header, value] = ['', '']] = await credentials(request)
  const told = await exchange(plain.connect, [
    Buffer.from(`GET /nothing HTTP/1.1\r\nhost: a\r\n${header}: ${value}\r\n\r\n`),
  ])
  boot = JSON.parse(told.answers[0]?.body.toString() ?? '{}').boot ?? ''
  return { ...plain, spelling: spellings.inner, bodyBytesMax: 65_536, credentials }
}
