/** What keeper makes of a log as it grows, after a crash, and of one that is not what it was. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { headZero, nextHead } from '../audit/chain.ts'
import { chainOrigin, openCheckpoint, signCheckpoint, treeOrigin } from '../audit/checkpoint.ts'
import { leafHash } from '../audit/entries.ts'
import type { LogFeed } from '../audit/log-feed.ts'
import { folderSource } from '../audit/log-folder.ts'
import { keyOf, logId, logName, makeEntry, makeSigningKey, rootOf } from '../audit/testing/memory-log.ts'
import { encodeBundle, tileWidth } from '../audit/tiles.ts'
import { verifyLog } from '../audit/verify-log.ts'
import type { Log } from '../log.ts'
import { LogTree } from './log-tree.ts'

const key = makeSigningKey()
let folder: string
let rows: { position: number; entry: string; head: Buffer }[]
let said: Record<string, unknown>[]
let told: number[]
let nowMs: number

const chained = (entries: readonly string[]): typeof rows => {
  let head = headZero(logId)
  return entries.map((entry, at) => {
    head = nextHead(head, entry)
    return { position: at + 1, entry, head }
  })
}
const grow = (size: number): void => {
  rows = chained(Array.from({ length: size }, (_, index) => rows[index]?.entry ?? makeEntry(index)))
}
const feed: LogFeed = async (after, limit) => {
  const before = after === 0 ? headZero(logId) : (rows.find(({ position }) => position === after)?.head ?? null)
  const page = rows.filter(({ position }) => position > after).slice(0, limit)
  return {
    logId,
    size: rows.at(-1)?.position ?? 0,
    before,
    rows: page,
    head: page.at(-1)?.head ?? before ?? headZero(logId),
  }
}
const quiet: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields) => void said.push(fields),
  fatal: () => {},
}
const keeper = (more: { signed?: (size: number, note: string) => Promise<void>; longBehind?: number } = {}) =>
  new LogTree({
    name: logName,
    feed,
    key,
    folder,
    log: quiet,
    now: () => nowMs,
    signed: async (size) => void told.push(size),
    ...more,
  })
const own = () => join(folder, logName, logId)
/** The tree in the folder beside the entries as they stand. */
const verify = () =>
  verifyLog(
    {
      ...folderSource(own()),
      entries: async (index, width) =>
        encodeBundle(rows.slice(index * tileWidth, index * tileWidth + width).map(({ entry }) => Buffer.from(entry))),
    },
    { key: keyOf(key) },
  )

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sp-tree-'))
  ;[rows, said, told, nowMs] = [[], [], [], 1_000_000]
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a log that grows', () => {
  test('is signed at each size, and every checkpoint verifies against its tiles', async () => {
    const tree = keeper()
    for (const size of [0, 1, 2, 200, 256, 257, 700, 1_300]) {
      grow(size)
      await tree.round()
      expect(await verify()).toMatchObject({ ok: true, size, root: rootOf(rows.map(({ entry }) => leafHash(entry))) })
    }
    await tree.round()
    expect(told, 'and each is told once').toEqual([0, 1, 2, 200, 256, 257, 700, 1_300])
    expect(tree.signedSize).toBe(1_300)
  })

  test('goes on where it stood after a restart, also one that came between its files', async () => {
    grow(300)
    await keeper().round()
    cpSync(join(own(), 'checkpoint'), join(folder, 'old-checkpoint'))
    grow(310)
    await keeper().round()
    expect(await verify()).toMatchObject({ ok: true, size: 310 })
    // The crash: everything of the later round but its checkpoint.
    cpSync(join(folder, 'old-checkpoint'), join(own(), 'checkpoint'))
    grow(320)
    await keeper().round()
    expect(await verify()).toMatchObject({ ok: true, size: 320 })
    expect(said).toEqual([])
  })

  test('whose tiles were lost or spoiled is made anew from the entries, up to the same root', async () => {
    grow(600)
    await keeper().round()
    writeFileSync(join(own(), 'tile/0/000'), Buffer.alloc(8_192))
    rmSync(join(own(), 'tile/1'), { recursive: true })
    grow(601)
    await keeper().round()
    expect(await verify()).toMatchObject({ ok: true, size: 601 })
  })

  test('keeps one checkpoint in ten minutes of those that it replaces', async () => {
    const tree = keeper()
    for (let size = 1; size <= 30; size += 1) {
      nowMs += 60_000
      grow(size)
      await tree.round()
    }
    expect(readdirSync(join(own(), 'checkpoints')).length).toBe(3)
  })

  test('is told again where the telling failed', async () => {
    grow(3)
    let fails = true
    const tree = keeper({
      signed: async (size) => {
        if (fails) throw new Error('away')
        told.push(size)
      },
    })
    await expect(tree.round()).rejects.toThrow('away')
    fails = false
    await tree.round()
    expect(told).toEqual([3])
  })
})

describe('a log that is not what it was', () => {
  const cases: readonly [name: string, fault: string, change: () => void][] = [
    ['was cut', 'rolled_back', () => rows.splice(250)],
    ['was emptied', 'rolled_back', () => rows.splice(0)],
    [
      'was written anew with all its heads',
      'rewritten',
      () => {
        rows = chained(rows.map(({ entry }, at) => (at === 7 ? makeEntry(7, { charge: 'chg_forged' }) : entry)))
      },
    ],
    ['lacks its newest entry of before', 'missing', () => rows.splice(299, 1)],
    ['lacks a new entry', 'missing', () => rows.splice(305, 1)],
    [
      'has a new entry that its chain does not know',
      'altered',
      () =>
        rows.splice(305, 1, {
          ...rows[305],
          ...{ position: 306, entry: makeEntry(1), head: rows[305]?.head ?? Buffer.alloc(0) },
        }),
    ],
  ]
  test.each(cases)(
    '(%s) is signed no further, says why once a minute, and goes on when it is mended',
    async (_name, fault, change) => {
      const tree = keeper()
      grow(300)
      await tree.round()
      grow(310)
      const whole = rows.slice()
      change()
      await tree.round()
      await tree.round()
      expect(told).toEqual([300])
      expect(said).toMatchObject([{ event: 'audit.not_signed', subject: logName, reason: fault }])
      rows = whole
      await tree.round()
      expect(told.at(-1)).toBe(310)
      expect(await verify()).toMatchObject({ ok: true, size: 310 })
    },
  )

  test('is noticed also by a keeper that was started after it', async () => {
    grow(300)
    await keeper().round()
    rows = chained(rows.map(({ entry }, at) => (at === 7 ? makeEntry(8) : entry)))
    grow(310)
    await keeper().round()
    expect(said).toMatchObject([{ reason: 'rewritten' }])
    // Control: a keeper with an empty folder has nothing to hold it against, and signs: hence the second place, and witnesses.
    rmSync(own(), { recursive: true })
    await keeper().round()
    expect(told).toEqual([300, 310])
  })

  test('is not covered up by tiles that are made anew', async () => {
    grow(300)
    await keeper().round()
    rows = chained(rows.map(({ entry }, at) => (at === 7 ? makeEntry(8) : entry)))
    grow(310)
    rmSync(join(own(), 'tile'), { recursive: true })
    await keeper().round()
    expect(told).toEqual([300])
    expect(said).toMatchObject([{ reason: 'rewritten' }])
  })
})

describe('a log that was a chain', () => {
  const chainNote = (size: number): string =>
    signCheckpoint(chainOrigin(logName, logId), { size, hash: rows[size - 1]?.head ?? headZero(logId) }, key)
  const lay = (size: number): void => {
    mkdirSync(join(folder, logName), { recursive: true })
    writeFileSync(join(folder, logName, `${String(size).padStart(12, '0')}.checkpoint`), chainNote(size))
  }

  test('comes into the tree whole, under the eyes of its old checkpoints', async () => {
    grow(700)
    lay(100)
    lay(650)
    await keeper().round()
    expect(await verify()).toMatchObject({ ok: true, size: 700 })
  })
  test('that is long is covered by its chain until the tree is made, so that keyd need not stop', async () => {
    grow(1_300)
    const notes: string[] = []
    const tree = keeper({ signed: async (_size, note) => void notes.push(note), longBehind: 500 })
    await tree.round()
    const { publicKey } = keyOf(key)
    expect(openCheckpoint(notes[0] ?? '', chainOrigin(logName, logId), publicKey)).toEqual({
      size: 1_300,
      hash: rows.at(-1)?.head,
    })
    expect(openCheckpoint(notes[1] ?? '', treeOrigin(logName, logId), publicKey)).toMatchObject({ size: 1_300 })
    expect(notes).toHaveLength(2)
  })
  test('that was rewritten before does not', async () => {
    grow(700)
    lay(100)
    rows = chained(rows.map(({ entry }, at) => (at === 7 ? makeEntry(8) : entry)))
    await keeper().round()
    expect(told).toEqual([])
    expect(said).toMatchObject([{ reason: 'rewritten' }])
  })
  test('that was cut before does not', async () => {
    grow(700)
    lay(650)
    rows = rows.slice(0, 500)
    await keeper().round()
    expect(told).toEqual([])
    expect(said).toMatchObject([{ reason: 'rolled_back' }])
  })
})
