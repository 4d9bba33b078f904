import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateKeyPair, type Kem, privateDh } from '../../crypto/hpke-node.ts'
import { giveFolder } from '../private-files.ts'
import { processUsers } from '../process-users.ts'
import { createFileStore, openFileStore } from './file.ts'
import type { KeyStoreError } from './store.ts'

let folder = ''
let url = ''
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys')
  url = `file:${folder}`
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const failure = (name: KeyStoreError['failure']) =>
  expect.objectContaining({ name: 'KeyStoreError', failure: name }) satisfies unknown

describe('a file store', () => {
  test.each<Kem>(['x25519', 'p256'])(
    'does the Diffie–Hellman step of a %s epoch, after a restart too',
    async (suite) => {
      const made = await (await createFileStore(url)).create({ suite, purpose: 'card' })
      const store = await openFileStore(url)
      const epoch = await store.epoch(made.kekId)
      expect(epoch).toEqual(made)
      const other = generateKeyPair(suite)
      const shared = await store.dh(made.kekId, other.publicKey)
      expect(shared.equals(privateDh(suite, other.privateKey)(made.publicKey))).toBe(true)
    },
  )

  test('keeps its files 0600 in a folder 0700, and creates nothing twice', async () => {
    const store = await createFileStore(url)
    const macBefore = await store.mac('fingerprint', Buffer.from('x'))
    await store.create({ suite: 'x25519', purpose: 'card' })
    const again = await createFileStore(url)
    expect((await again.mac('fingerprint', Buffer.from('x'))).equals(macBefore)).toBe(true)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    const names = readdirSync(folder)
    expect(names).toHaveLength(2)
    for (const name of names) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  test.each([
    ['folder', 0o750],
    ['folder', 0o701],
    ['mac', 0o640],
    ['epoch', 0o604],
  ] as const)('refuses a %s with the mode %o and says what to do', async (which, mode) => {
    const { kekId } = await (await createFileStore(url)).create({ suite: 'x25519', purpose: 'card' })
    const names = { folder, mac: join(folder, 'mac.json'), epoch: join(folder, `epoch-${kekId.toString('hex')}.json`) }
    chmodSync(names[which], mode)
    const use = async () => (await openFileStore(url)).dh(kekId, new Uint8Array(32))
    await expect(use()).rejects.toEqual(failure('loose_mode'))
    await expect(use()).rejects.toThrow(/0700.*0600/)
  })

  test('refuses what is missing, a link, a broken file and a relative folder; no message quotes a file', async () => {
    await expect(openFileStore(url)).rejects.toEqual(failure('missing'))
    await expect(openFileStore('file:keys')).rejects.toEqual(failure('not_a_file_url'))
    await expect(openFileStore('vault://x')).rejects.toEqual(failure('not_a_file_url'))
    await createFileStore(url)
    symlinkSync(folder, `${folder}-link`)
    await expect(openFileStore(`${url}-link`)).rejects.toEqual(failure('not_a_folder'))
    writeFileSync(join(folder, 'mac.json'), '{"v":1,"key":"c2VjcmV0')
    await expect(openFileStore(url)).rejects.toEqual(failure('unreadable'))
    await expect(openFileStore(url)).rejects.not.toThrow(/c2Vj/)
  })

  test('an epoch file under another name is not that epoch', async () => {
    const store = await createFileStore(url)
    const one = await store.create({ suite: 'x25519', purpose: 'card' })
    const name = join(folder, `epoch-${one.kekId.toString('hex')}.json`)
    writeFileSync(join(folder, 'epoch-0011223344556677.json'), readFileSync(name), { mode: 0o600 })
    const fresh = await openFileStore(url)
    await expect(fresh.epoch(Buffer.from('0011223344556677', 'hex'))).rejects.toEqual(failure('unreadable'))
  })

  test('finds an epoch that was made after it was opened, oldest first, each with its purpose', async () => {
    const running = await createFileStore(url)
    const admin = await openFileStore(url)
    const card = await admin.create({ suite: 'x25519', purpose: 'card' })
    const credential = await admin.create({ suite: 'p256', purpose: 'credential' })
    expect((await running.epoch(card.kekId))?.purpose).toBe('card')
    expect((await running.epoch(credential.kekId))?.purpose).toBe('credential')
    expect((await running.list()).length).toBe(2)
  })

  test.runIf(process.getuid?.() === 0)(
    'that root adds a key to while it is the user’s of keyd gives that key to keyd, who must read it',
    async () => {
      const { uid, gid } = processUsers.keyd
      await createFileStore(url)
      giveFolder(folder, processUsers.keyd)
      const { kekId } = await (await openFileStore(url)).create({ suite: 'x25519', purpose: 'card' })
      const stats = statSync(join(folder, `epoch-${kekId.toString('hex')}.json`))
      expect([stats.uid, stats.gid, stats.mode & 0o777]).toEqual([uid, gid, 0o600])
    },
  )

  test('a destroyed epoch is gone from the disk and from memory', async () => {
    const store = await createFileStore(url)
    const { kekId } = await store.create({ suite: 'x25519', purpose: 'card' })
    await store.destroy(kekId)
    expect(existsSync(join(folder, `epoch-${kekId.toString('hex')}.json`))).toBe(false)
    expect(await store.epoch(kekId)).toBeNull()
    await expect(store.dh(kekId, new Uint8Array(32))).rejects.toEqual(failure('unknown_epoch'))
    await expect(store.destroy(kekId)).rejects.toEqual(failure('unknown_epoch'))
  })

  test('a point that gives no secret is refused; purposes have MAC keys of their own', async () => {
    const store = await createFileStore(url)
    const { kekId } = await store.create({ suite: 'x25519', purpose: 'card' })
    await expect(store.dh(kekId, new Uint8Array(32))).rejects.toEqual(failure('bad_point'))
    const data = Buffer.from('same')
    expect((await store.mac('fingerprint', data)).equals(await store.mac('pseudonym', data))).toBe(false)
  })
})
