/** Calls from inside a taken process, signed with the keys it has; what is refused comes back as its code. */
import type { Jwk, Role } from '../../config.ts'
import { innerClient } from '../../doors/inner-client.ts'

export interface Told {
  /** What was answered, or null. */
  answer: unknown
  /** The error's code; for a door that does not open at all, the system's. */
  code: string | null
}

export async function tell(
  { socket, callee, issuer, key }: { socket: string; callee: Role; issuer: Role; key: Jwk },
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Told> {
  const call = innerClient({ peer: { socket, audience: callee }, issuer, key, patienceMs: 0 })
  try {
    return { answer: await call(method, path, body, { deadlineMs: 15_000 }), code: null }
  } catch (error) {
    return { answer: null, code: error instanceof Error && 'code' in error ? String(error.code) : 'unknown' }
  } finally {
    call.close()
  }
}

export interface Door {
  socket: string
  callee: Role
}

/** At each of these doors, as every role whose name it may give, with the one key that it has. */
export async function knock(key: Jwk, doors: readonly Door[], asked: readonly [path: string, body: unknown][]) {
  const issuers: Role[] = ['gateway', 'intake', 'egress', 'keeper', 'keyd']
  const told: Told[] = []
  for (const { socket, callee } of doors) {
    for (const issuer of issuers) {
      for (const [path, body] of asked) told.push(await tell({ socket, callee, issuer, key }, 'POST', path, body))
    }
  }
  return told
}
