import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freeBytesOf, keepReserve, type Reserve } from './reserve.ts'

const megabyte = 1_048_576
let folder: string
let reserve: Reserve | null = null
let free = 0
let said: string[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-reserve-'))
  said = []
})
afterEach(async () => {
  await reserve?.close()
  rmSync(folder, { recursive: true, force: true })
})

const file = (): string => join(folder, 'reserve')
const keep = (): void => {
  const say = (line: string): void => void said.push(line.replace(folder, '…'))
  reserve = keepReserve({ folder, say, reserveBytes: 2 * megabyte, everyMs: 5, freeBytes: () => free })
}

test('room is held while there is plenty, given back when there is little, and held again later; the operator is told', async () => {
  free = 500 * megabyte
  keep()
  await expect.poll(() => statSync(file(), { throwIfNoEntry: false })?.size).toBe(2 * megabyte)
  // In truth, not as a file with a hole.
  expect(statSync(file()).blocks * 512).toBeGreaterThanOrEqual(2 * megabyte)
  expect(said).toEqual([])
  free = 20 * megabyte
  await expect.poll(() => existsSync(file())).toBe(false)
  expect(said).toEqual(['the disk of … has 20 MB left; what was held in reserve is given back: make room now'])
  free = 0
  await expect.poll(() => said).toHaveLength(2)
  expect(said[1]).toBe(
    'the disk of … is full: nothing is stored or charged until there is room, and nothing is lost; make room',
  )
  free = 500 * megabyte
  await expect.poll(() => existsSync(file())).toBe(true)
  await expect.poll(() => said.at(-1)).toBe('there is room on the disk of … again')
})

test('what an earlier start held is given back where the disk is full by now', async () => {
  writeFileSync(file(), Buffer.alloc(2 * megabyte))
  free = 3 * megabyte
  keep()
  await expect.poll(() => existsSync(file())).toBe(false)
})

test('a small disk is left as it is', async () => {
  free = 34 * megabyte
  keep()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect([existsSync(file()), said]).toEqual([false, []])
  expect(freeBytesOf(folder), 'what is left is asked of the system').toBeGreaterThan(megabyte)
})
