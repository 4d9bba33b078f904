/**
 * A deployment on a disk of its own that runs full under load: real, in memory, which takes root to mount. What cannot be stored
 * is refused and can be asked again; it heals by itself when there is room, and nothing that was acknowledged is lost.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nothingLost, withCommands } from '../deployment/testing/nothing-lost.ts'
import { type OutsideProcessor, takeOutside } from '../deployment/testing/outside-processor.ts'
import { openShop } from '../deployment/testing/shop.ts'
import { seeded } from '../testing/seeded.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import { shopOrigin } from '../testing/vault.ts'
import { freeBytesOf } from './reserve.ts'

const megabyte = 1_048_576
const say = (line: string): void => void process.stderr.write(`${line}\n`)

let disk: string
let outside: string
let home: string
let stack: Stack
let processor: OutsideProcessor
let mounted = false
beforeAll(async () => {
  disk = mkdtempSync(join(tmpdir(), 'sallyport-disk-'))
  outside = mkdtempSync(join(tmpdir(), 'sallyport-outside-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=480m,mode=755', 'none', disk], { stdio: 'ignore' })
    mounted = true
  } catch {
    say('a disk of its own takes root to mount: this is skipped here')
    return
  }
  home = join(disk, 'home')
  mkdirSync(home, { mode: 0o700 })
  chmodSync(home, 0o700)
  stack = await startStack({
    home,
    env: {
      SALLYPORT_DEMO: '0',
      SALLYPORT_DURABLE: '1',
      SALLYPORT_OPENS_PER_MINUTE: '100000',
      SALLYPORT_ORIGINS: shopOrigin,
    },
  })
  processor = await takeOutside(stack, outside)
}, 120_000)
afterAll(async () => {
  if (stack !== undefined) say(`what the supervisor said last:\n${stack.output().slice(-2_500)}`)
  await stack?.stop()
  await processor?.close()
  if (mounted) execFileSync('umount', ['-l', disk])
  for (const folder of [disk, outside]) rmSync(folder, { recursive: true, force: true })
}, 60_000)

/** Until not a block is left. */
function fill(path: string): void {
  for (let part = 0; ; part += 1) {
    try {
      writeFileSync(`${path}.${part}`, Buffer.alloc(Math.max(4_096, Math.min(16 * megabyte, freeBytesOf(disk)))))
    } catch {
      if (freeBytesOf(disk) < 4_096) return
    }
    if (freeBytesOf(disk) < 4_096) return
  }
}

test('a full disk answers 503, heals when there is room, and loses nothing', async (context) => {
  if (!mounted) return context.skip()
  const shop = openShop(() => stack, { people: 3, keptOf: 5, random: seeded(3) })
  await expect.poll(() => shop.tokens.length, { timeout: 30_000 }).toBeGreaterThan(10)
  say(`${freeBytesOf(disk) / megabyte} MB are left, ${shop.tokens.length} tokens`)
  const full = join(disk, 'full')
  fill(full)
  await expect.poll(() => stack.output(), { timeout: 20_000 }).toContain('what was held in reserve is given back')
  const given = shop.tokens.length
  // What was given back is room to go on with, until that is gone too.
  await delay(3_000)
  say(`${shop.tokens.length - given} tokens with what was held in reserve`)
  fill(`${full}-again`)
  await expect.poll(() => stack.output(), { timeout: 20_000 }).toContain('is full: nothing is stored or charged')
  const stuck = shop.tokens.length
  await delay(10_000)
  say(`${shop.tokens.length - stuck} tokens while it was full, ${shop.again()} answers said to come again`)
  expect(shop.again(), 'who asked was told to come again').toBeGreaterThan(0)
  for (const name of execFileSync('ls', [disk], { encoding: 'utf8' }).split('\n')) {
    if (name.startsWith('full')) rmSync(join(disk, name))
  }
  await expect.poll(() => shop.tokens.length, { timeout: 60_000 }).toBeGreaterThan(stuck + 10)
  await expect.poll(() => stack.output(), { timeout: 20_000 }).toContain('there is room on the disk')
  say(JSON.stringify(await nothingLost(stack, shop, processor.books, withCommands)))
}, 300_000)
