import { describe, expect, test } from 'vitest'
import { Gate, type Sight } from './visibility.ts'

const seen: Sight = { isIntersecting: true, isVisible: true }
const covered: Sight = { isIntersecting: true, isVisible: false }
const away: Sight = { isIntersecting: false, isVisible: false }

/** A gate in a time of its own, in which waiting takes no time. `then` happens on the way. */
function standing(first: Sight | null, then: Record<number, Sight> = {}, whenLifted?: Sight) {
  let now = 10_000
  let last = first
  let listener: (sight: Sight) => void = () => {}
  const heard = (sight: Sight): void => {
    last = sight
    listener(sight)
  }
  let wanted = true
  const told: string[] = []
  const upcoming = new Map(Object.entries(then).map(([ms, sight]) => [Number(ms), sight]))
  const gate = new Gate({
    observe: (hear) => {
      listener = hear
      if (last) hear(last)
      told.push('watching')
      return () => void told.push('blind')
    },
    now: () => now,
    wait: async (ms) => {
      for (const end = now + ms; now < end; ) {
        now += 10
        const sight = upcoming.get(now - 10_000)
        if (sight) heard(sight)
      }
      if (now > 60_000) wanted = false
    },
    lift: (up) => {
      told.push(up ? 'up' : 'down')
      if (up && whenLifted) heard(whenLifted)
    },
    refuse: async () => void told.push('refused'),
    comeBack: async () => {
      told.push('back')
      gate.again()
      return true
    },
    isWanted: () => wanted,
  })
  return { gate, told, took: () => now - 10_000, hear: (sight: Sight) => heard(sight) }
}

describe('the gate', () => {
  test('lets a form pass that is in full view, or scrolled away, and asks no longer than it must', async () => {
    for (const sight of [seen, away]) {
      const { gate, told, took } = standing(sight)
      expect(await gate.passes()).toBe(true)
      gate.lower()
      expect([told, took()]).toEqual([['watching', 'blind'], 200])
    }
  })

  test('holds nobody up in an engine that cannot tell', async () => {
    const { gate, told, took } = standing({ isIntersecting: true })
    expect(await gate.passes()).toBe(true)
    expect([told, took()]).toEqual([['watching'], 0])
    expect(await standing(null).gate.passes()).toBe(true)
  })

  test('says that a form was verified only where the browser said so of a form in view', async () => {
    const says = async (sight: Sight | null): Promise<string> => {
      const { gate } = standing(sight)
      await gate.passes()
      return gate.visibility
    }
    expect(await Promise.all([seen, away, { isIntersecting: true }, null].map(says))).toEqual([
      'verified',
      ...Array.from({ length: 3 }, () => 'unverified'),
    ])
  })

  test('lifts a covered form, and lets it pass once it has been seen for half a second', async () => {
    const { gate, told, took } = standing(covered, {}, seen)
    expect(await gate.passes()).toBe(true)
    expect(gate.visibility).toBe('verified')
    expect(took()).toBe(500)
    gate.lower()
    gate.lower()
    expect(told).toEqual(['watching', 'up', 'down', 'blind'])
  })

  test('refuses what stays covered, tells it once a try, and takes the capture up anew when it is free', async () => {
    const { gate, told } = standing(covered, { 6000: seen })
    expect(await gate.passes()).toBe(false)
    expect(told).toEqual(['watching', 'up', 'down', 'refused'])
    expect(await gate.passes()).toBe(false)
    expect(told).toEqual(['watching', 'up', 'down', 'refused', 'up', 'down', 'refused'])
    await expect.poll(() => told.slice(-2)).toEqual(['back', 'blind'])
    expect(await gate.passes()).toBe(true)
    expect(told.filter((word) => word === 'back')).toHaveLength(1)
  })

  test('takes the capture up by itself where the person is quicker', async () => {
    const { gate, told, hear } = standing(covered)
    expect(await gate.passes()).toBe(false)
    hear(seen)
    expect(await gate.passes()).toBe(true)
    expect(told.filter((word) => word === 'back')).toHaveLength(1)
  })

  test('refuses a cover that comes and goes: half a second has to be whole', async () => {
    const flicker = Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [100 + at * 100, at % 2 === 0 ? seen : covered]),
    )
    expect(await standing(covered, flicker).gate.passes()).toBe(false)
  })

  test('refuses a form that the lift has hidden instead', async () => {
    expect(await standing(covered, {}, away).gate.passes()).toBe(false)
  })

  test('sends nothing of a form that has gone meanwhile', async () => {
    const { gate } = standing(covered, { 50000: seen })
    expect(await gate.passes()).toBe(false)
  })
})
