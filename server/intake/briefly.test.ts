import { expect, it } from 'vitest'
import { briefly, brieflyMs } from './briefly.ts'

it('what is read briefly is read once a second for each key, together, and again at once where it failed', async () => {
  let clock = 0
  const asked: string[] = []
  let away = false
  const read = briefly(
    async (key) => {
      asked.push(key)
      if (away) throw new Error('away')
      return `${key} ${asked.length}`
    },
    () => clock,
  )
  expect(await Promise.all([read('a'), read('a'), read('b')])).toEqual(['a 1', 'a 1', 'b 2'])
  clock += brieflyMs - 1
  expect(await read('a')).toBe('a 1')
  clock += 1
  expect(await read('a')).toBe('a 3')
  clock += brieflyMs
  away = true
  await expect(read('a')).rejects.toThrow('away')
  away = false
  expect(await read('a')).toBe('a 5')
})
