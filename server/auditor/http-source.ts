/** A log that a keeper shows: at its own socket on this machine, entries included, or at an address, hashes alone. */
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LogName } from '../audit/checkpoint.ts'
import type { LogSource } from '../audit/log-source.ts'
import { tilePath } from '../audit/tiles.ts'
import { readAnswer } from '../doors/read-answer.ts'

/** A socket's path, or the URL that stands before `/audit/…`. */
export type Keeper = { socket: string } | { url: string }

export interface NamedLog {
  name: LogName
  origin: string
  key: string
}

const answerBytesMax = 16_777_216
const timeoutMs = 30_000

/** Null where there is no such file. Rejects with a sentence where nobody answers. */
export async function getFrom(keeper: Keeper, path: string): Promise<Buffer | null> {
  const { status, body } = await ask(keeper, 'GET', path)
  if (status === 404) return null
  if (status !== 200) throw new Error(`keeper answered ${path} with ${status}`)
  return body
}

export function ask(
  keeper: Keeper,
  method: 'GET' | 'POST',
  path: string,
  sent?: string,
): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const answered = (answer: IncomingMessage): void => {
      readAnswer(answer, answerBytesMax).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject)
    }
    const options = {
      method,
      timeout: timeoutMs,
      ...(sent === undefined ? {} : { headers: { 'content-type': 'text/plain' } }),
    }
    const outgoing =
      'socket' in keeper
        ? requestHttp(
            { ...options, socketPath: keeper.socket, path, headers: { ...options.headers, host: 'keeper' } },
            answered,
          )
        : (keeper.url.startsWith('https:') ? requestHttps : requestHttp)(
            new URL(keeper.url.replace(/\/+$/, '') + path),
            options,
            answered,
          )
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.once('error', (cause) =>
      reject(new Error(`keeper does not answer at ${'socket' in keeper ? keeper.socket : keeper.url}`, { cause })),
    )
    outgoing.end(sent)
  })
}

/** Which logs this keeper has. */
export async function namedLogs(keeper: Keeper): Promise<NamedLog[]> {
  const answer = await getFrom(keeper, '/audit/logs')
  // Sound: keeper's own shape; what matters in it is checked by signatures.
  return answer === null ? [] : (JSON.parse(answer.toString('utf8')) as NamedLog[])
}

export function httpSource(keeper: Keeper, name: LogName): LogSource {
  const get = (path: string): Promise<Buffer | null> => getFrom(keeper, `/audit/${name}/${path}`)
  const text = async (path: string): Promise<string | null> => (await get(path))?.toString('utf8') ?? null
  const notes = async (path: string): Promise<string[]> => {
    const list: unknown = JSON.parse((await text(path)) ?? '[]')
    return Array.isArray(list) ? list.filter((one) => typeof one === 'string') : []
  }
  return {
    checkpoint: () => text('checkpoint'),
    cosigned: () => notes('cosigned'),
    earlier: () => notes('earlier'),
    hashes: (level, index, width) => get(tilePath(level, index, width)),
    entries: (index, width) => get(tilePath('entries', index, width)),
  }
}
