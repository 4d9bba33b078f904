import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeId } from '../../protocol/ids.ts'
import { makePool } from '../database/pool.ts'
import { type TestDatabases, testDatabases } from '../testing/postgres.ts'
import { EventCopy } from './event-copy.ts'
import { type Follower, startFollower } from './follower.ts'
import { createdEvent, FakeFeed, progressEvent, quietLog } from './testing/fake-doors.ts'
import { Wakeups } from './wakeups.ts'

let databases: TestDatabases
let pools: pg.Pool[]
const tenant = makeId('ten_')
beforeAll(async () => {
  databases = await testDatabases(['gateway'])
  pools = [1, 2, 3].map(() => makePool(databases.gateway.url('gateway'), { max: 4 }))
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()))
  await databases.drop()
})

/** A feed that now and then fails, and hands out pages of any size. */
function unreliable(feed: FakeFeed) {
  return {
    feed: async (after: number, limit: number) => {
      await delay(Math.random() * 5)
      if (Math.random() < 0.1) throw new Error('intake restarts')
      const answer = await feed.read(after, 1 + Math.floor(Math.random() * Math.min(limit, 20)), 20)
      if (Math.random() < 0.05) throw new Error('the answer is lost')
      return answer as Awaited<ReturnType<Parameters<typeof startFollower>[0]['intake']['feed']>>
    },
  }
}

describe('three gateways that follow one feed into one database', () => {
  it('copy each event once and in order, and a reader never sees one before those that precede it', async () => {
    const feed = new FakeFeed()
    const followers: Follower[] = pools.map((pool) =>
      startFollower({ intake: unreliable(feed), copy: new EventCopy(pool), wakeups: new Wakeups(), log: quietLog }),
    )
    const copy = new EventCopy(pools[0] as pg.Pool)
    const total = 600
    const subjects = Array.from({ length: 7 }, () => makeId('cap_'))
    const write = async (): Promise<void> => {
      for (const subject of subjects) feed.push(tenant, createdEvent(subject, 'talk'))
      while (feed.head < total) {
        feed.push(tenant, progressEvent(subjects[feed.head % 7] ?? '', 'talk'))
        if (feed.head % 10 === 0) await delay(2)
      }
    }
    const seen: number[] = []
    const read = async (): Promise<void> => {
      for (let after = 0; after < total; ) {
        const page = await copy.page(tenant, after, {}, 50)
        for (const { position } of page?.events ?? []) seen.push(position)
        after = seen.at(-1) ?? 0
        await delay(1)
      }
    }
    await Promise.all([write(), read()])
    await Promise.all(followers.map((follower) => follower.close()))
    expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1))
    for (const subject of subjects) {
      const sequences = (await copy.ofSubject(tenant, subject, 0, 500)).map(({ sequence }) => sequence)
      expect(sequences).toEqual(sequences.map((_, index) => index + 1))
    }
  })
})

describe('waking', () => {
  it('is not missed when it comes between reading and waiting', async () => {
    const wakeups = new Wakeups()
    const { signal } = new AbortController()
    const turn = wakeups.turn()
    wakeups.wake([tenant])
    const began = performance.now()
    await wakeups.wait(tenant, turn, 5_000, signal)
    expect(performance.now() - began).toBeLessThan(2_500)
  })
  it('wakes those of a tenant and no other, and forgets who has gone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }), fc.nat(3), async (waiting, woken) => {
        const wakeups = new Wakeups()
        const stop = new AbortController()
        const done = new Set<number>()
        const all = waiting.map((name, index) =>
          wakeups.wait(String(name), wakeups.turn(), 60_000, stop.signal).then(() => done.add(index)),
        )
        wakeups.wake([String(woken)])
        await delay(0)
        expect([...done].sort()).toEqual(waiting.flatMap((name, index) => (name === woken ? [index] : [])))
        stop.abort()
        await Promise.all(all)
      }),
      { numRuns: 50 },
    )
  })
})
