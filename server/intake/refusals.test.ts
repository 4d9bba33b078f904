import { describe, expect, it } from 'vitest'
import { SallyportError } from '../../protocol/errors.ts'
import { Refusals } from './refusals.ts'

const make = (more: Partial<{ refusedMax: number; addressesMax: number }> = {}) => {
  const clock = { now: 0 }
  const refusals = new Refusals({ refusedMax: 3, windowMs: 1_000, addressesMax: 100, now: () => clock.now, ...more })
  const refuse = (address: string) =>
    refusals
      .bounded(address, () => Promise.reject(new SallyportError('channel.link_expired')))
      .catch((error: SallyportError) => error.code)
  return { clock, refusals, refuse }
}

describe('refusals of one address', () => {
  it('are counted, and what is taken is not', async () => {
    const { refusals, refuse } = make()
    for (let n = 0; n < 10; n += 1) await refusals.bounded('192.0.2.1', async () => 'good')
    expect(await Promise.all([1, 2, 3].map(() => refuse('192.0.2.1')))).toEqual(Array(3).fill('channel.link_expired'))
    await expect(refusals.bounded('192.0.2.1', async () => 'good')).rejects.toMatchObject({
      code: 'request.rate_limited',
      retryAfterMs: 1_000,
    })
    expect(await refuse('192.0.2.2')).toBe('channel.link_expired')
  })

  it('are forgotten when their minute is over', async () => {
    const { clock, refuse } = make()
    for (let n = 0; n < 3; n += 1) await refuse('192.0.2.1')
    expect(await refuse('192.0.2.1')).toBe('request.rate_limited')
    clock.now = 1_000
    expect(await refuse('192.0.2.1')).toBe('channel.link_expired')
  })

  it('are those of a subscriber: 64 bits of an IPv6 address, an IPv4 one however it is spelled', async () => {
    const { refuse } = make()
    for (const address of ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:0db8:0000:0001::3']) await refuse(address)
    expect(await refuse('2001:db8:0:1::4')).toBe('request.rate_limited')
    expect(await refuse('2001:db8:0:2::4')).toBe('channel.link_expired')
    for (const address of ['::ffff:192.0.2.9', '192.0.2.9', '::ffff:192.0.2.9']) await refuse(address)
    expect(await refuse('192.0.2.9')).toBe('request.rate_limited')
  })

  it('take bounded room: the oldest address goes first', async () => {
    const { refuse } = make({ refusedMax: 1, addressesMax: 2 })
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3']) await refuse(address)
    expect(await refuse('192.0.2.1')).toBe('channel.link_expired')
    expect(await refuse('192.0.2.3')).toBe('request.rate_limited')
  })

  it('do not count failures of our own', async () => {
    const { refusals } = make({ refusedMax: 1 })
    for (let n = 0; n < 3; n += 1) {
      const failing = refusals.bounded('192.0.2.1', () => Promise.reject(new Error('the database is away')))
      await expect(failing).rejects.toThrow('the database is away')
    }
    expect(await refusals.bounded('192.0.2.1', async () => 'good')).toBe('good')
  })
})
