import { describe, expect, it } from 'vitest'
import type { SealingKey, SubmitAnswer } from '../protocol/capture-http.ts'
import { Refusal, Unreachable } from './intake.ts'
import { submitSealed } from './submit.ts'

const done: SubmitAnswer = { status: 'completed', token: 'tok' }
const expired = () =>
  new Refusal(409, { code: 'channel.key_expired', key: { key_id: 'k2', public_key: 'p', expires_at: 't' } })

async function run(answers: (SubmitAnswer | Error)[]) {
  const bodies: string[] = []
  const keys: (SealingKey | undefined)[] = []
  const result = await submitSealed({
    seal: async (key) => {
      keys.push(key)
      return `sealed ${keys.length}`
    },
    send: async (body) => {
      bodies.push(body)
      const answer = answers.shift() ?? new Error('asked too often')
      if (answer instanceof Error) throw answer
      return answer
    },
    wait: async () => {},
  }).catch((error: unknown) => error)
  return { result, bodies, keys: keys.map((key) => key?.key_id) }
}

describe('submitting', () => {
  it('sends the same bytes once more when the answer is lost', async () => {
    expect(await run([new Unreachable(), done])).toEqual({
      result: done,
      bodies: ['sealed 1', 'sealed 1'],
      keys: [undefined],
    })
  })
  it('leaves it to the person when the second is lost too', async () => {
    const { result, bodies } = await run([new Unreachable(), new Unreachable(), done])
    expect(result).toBeInstanceOf(Unreachable)
    expect(bodies).toHaveLength(2)
  })
  it('seals anew for the key that intake names, twice at most', async () => {
    expect(await run([expired(), done])).toEqual({
      result: done,
      bodies: ['sealed 1', 'sealed 2'],
      keys: [undefined, 'k2'],
    })
    expect((await run([expired(), expired(), expired()])).result).toBeInstanceOf(Refusal)
  })
  it('asks once more of a service that is restarting', async () => {
    expect((await run([new Refusal(503, null), done])).result).toEqual(done)
  })
  it('takes a refusal for an answer', async () => {
    const { result, bodies } = await run([new Refusal(422, { code: 'input.checksum', field: 'number' }), done])
    expect(result).toMatchObject({ code: 'input.checksum', field: 'number' })
    expect(bodies).toHaveLength(1)
  })
})
