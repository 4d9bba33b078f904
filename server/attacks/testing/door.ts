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
    return { answer: null, code: codeOf(error) }
  } finally {
    call.close()
  }
}

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error) || !('code' in error)) return 'unknown'
  const { cause } = error
  return String(cause instanceof Error && 'code' in cause ? cause.code : error.code)
}

/** A request at a door, and in whose name it is signed. */
export interface Knock {
  socket: string
  callee: Role
  issuer: Role
  method: 'GET' | 'POST'
  path: string
  body?: unknown
}

/** With the one key that the process has; the code of each refusal, or null for what was answered. */
export async function knock(config: { request_key: Jwk }, knocks: readonly Knock[]): Promise<(string | null)[]> {
  const codes: (string | null)[] = []
  for (const { method, path, body, ...at } of knocks) {
    codes.push((await tell({ ...at, key: config.request_key }, method, path, body)).code)
  }
  return codes
}
