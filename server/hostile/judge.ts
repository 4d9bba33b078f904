/** What any answer of any door must be like. Each broken rule is a sentence; an answer without one is good. */
import { findCanary } from './canary.ts'
import type { WireAnswer } from './wire.ts'

/** How a door spells its problems. */
export interface Spelling {
  /** The members that a problem may have. */
  members: readonly string[]
  /** Where its code and request id are. */
  read(body: Record<string, unknown>): { code: unknown; requestId: unknown }
  /** Answers carry the id in this header too. */
  idHeader?: string
}

export interface Judged {
  spelling: Spelling
  /** A HEAD request: there is no body to look at. */
  head: boolean
}

const codePattern = /^[a-z]+(\.[a-z_]+|[a-z_]*)$/
const idPattern = /^(req_[a-z]{26}|[0-9a-f-]{36})$/

export function judge(answer: WireAnswer, { spelling, head }: Judged): string[] {
  const broken: string[] = []
  const header = (name: string) => answer.headers.find(([known]) => known === name)?.[1]
  const { status } = answer
  if (status >= 500) broken.push(`the status is ${status}`)
  // A good answer may hold what the caller said (a capture's metadata); a refusal and a redirection never do.
  if (status < 300) return broken
  if (status >= 400 && header('content-type')?.startsWith('application/problem+json') !== true) {
    broken.push(`a refusal (${status}) of type ${header('content-type') ?? 'none'}`)
  }
  const all = `${answer.headers.map((pair) => pair.join(': ')).join('\n')}\n${answer.body.toString('latin1')}`
  const echo = findCanary(all) ?? findCanary(decoded(answer.body))
  if (echo !== null) broken.push(`what was sent comes back: ${echo}`)
  if (head || status < 400) return broken
  const body = parsed(answer.body)
  if (body === null) return [...broken, `a refusal (${status}) without a JSON object`]
  const { code, requestId } = spelling.read(body)
  if (typeof code !== 'string' || !codePattern.test(code)) broken.push('no code')
  if (typeof requestId !== 'string' || !idPattern.test(requestId)) broken.push('no request_id')
  if (spelling.idHeader !== undefined && header(spelling.idHeader) !== requestId) {
    broken.push('the request id of the header is another one')
  }
  for (const name of Object.keys(body)) {
    if (!spelling.members.includes(name)) broken.push('a member that no problem has')
  }
  return broken
}

function parsed(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

function decoded(bytes: Buffer): string {
  try {
    return decodeURIComponent(bytes.toString('utf8'))
  } catch {
    return ''
  }
}
