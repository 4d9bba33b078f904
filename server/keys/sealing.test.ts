import { argon2Sync } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateKeyPair } from '../../crypto/hpke-node.ts'
import { createFileStore, openFileStore } from './file.ts'
import { argon2id } from './sealing.ts'
import { sealFileStore } from './seal-store.ts'
import type { KeyStoreFailure } from './store.ts'
import { cheap, layCheapSeal } from './testing/cheap-seal.ts'

const passphrase = Buffer.from('correct horse battery staple')
const other = Buffer.from('incorrect horse battery staple')
let folder = ''
let url = ''
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys')
  url = `file:${folder}`
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

const failure = (name: KeyStoreFailure) => expect.objectContaining({ name: 'KeyStoreError', failure: name })
/** Argon2id at its real cost is for the one test that looks at it. */
const cheapStore = () => {
  layCheapSeal(folder, passphrase)
  return createFileStore(url, { passphrase })
}
const everything = (): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')
const snapshot = (): Record<string, string> =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

/** Every bit of a text's base64url values would take long; one character of each line in turn is enough. */
function flipped(text: string, at: number): string {
  const found = text[at] ?? ''
  return `${text.slice(0, at)}${found === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
}

describe('a sealed store', () => {
  test('opens with its passphrase and with no other; each refusal is a sentence that says what to do', async () => {
    const made = await cheapStore()
    const { kekId } = await made.create({ suite: 'x25519', purpose: 'card' })
    const before = snapshot()
    await expect(openFileStore(url, { passphrase: other })).rejects.toEqual(failure('wrong_passphrase'))
    await expect(openFileStore(url, { passphrase: other })).rejects.toThrow(/Give the right one/)
    await expect(openFileStore(url)).rejects.toEqual(failure('sealed'))
    await expect(openFileStore(url)).rejects.toThrow(/SALLYPORT_KEYS_PASSPHRASE_FROM/)
    await expect(createFileStore(url, { passphrase: other }), 'nor is it made anew').rejects.toEqual(
      failure('wrong_passphrase'),
    )
    expect(snapshot()).toEqual(before)
    expect(await (await openFileStore(url, { passphrase })).epoch(kekId)).not.toBeNull()
  })

  test('holds no key in the clear; the same search finds those of a store that is not sealed (control)', async () => {
    const plain = `${url}-plain`
    await (await createFileStore(plain)).create({ suite: 'x25519', purpose: 'card' })
    await (await cheapStore()).create({ suite: 'x25519', purpose: 'card' })
    const clear = /"(private_)?key": ?"/
    expect(readFileSync(join(`${folder}-plain`, 'mac.json'), 'utf8')).toMatch(clear)
    expect(everything()).not.toMatch(clear)
    expect(everything()).not.toContain(passphrase.toString())
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
  })

  test('says in its file what a guess costs: Argon2id with the second option of RFC 9106', async () => {
    await createFileStore(url, { passphrase })
    const { kdf, parameters } = JSON.parse(readFileSync(join(folder, 'seal.json'), 'utf8'))
    expect([kdf, parameters]).toEqual(['argon2id', { memory_kib: 65_536, passes: 3, lanes: 4 }])
    expect(parameters).toEqual(argon2id)
  })

  test('a passphrase below 16 bytes is refused before anything is written', async () => {
    await expect(createFileStore(url, { passphrase: Buffer.from('hunter2') })).rejects.toEqual(
      failure('weak_passphrase'),
    )
    expect(readdirSync(folder)).toEqual([])
  })

  test('a changed character, every second one in turn, in a key file opens nothing: the file is named and restored from its backup', async () => {
    const made = await cheapStore()
    const { kekId } = await made.create({ suite: 'x25519', purpose: 'credential' })
    const path = join(folder, `epoch-${kekId.toString('hex')}.json`)
    const text = readFileSync(path, 'utf8')
    const look = async () => (await openFileStore(url, { passphrase })).epoch(kekId)
    for (let at = 0; at < text.trimEnd().length; at += 2) {
      writeFileSync(path, flipped(text, at))
      await expect(look(), `character ${at}`).rejects.toEqual(failure('unreadable'))
    }
    writeFileSync(path, text)
    expect((await look())?.purpose, 'control').toBe('credential')
  }, 60_000)

  test('a credential epoch does not become a card epoch, though the file says so', async () => {
    const made = await cheapStore()
    const { kekId } = await made.create({ suite: 'x25519', purpose: 'credential' })
    const path = join(folder, `epoch-${kekId.toString('hex')}.json`)
    writeFileSync(path, readFileSync(path, 'utf8').replace('credential', 'card'))
    await expect((await openFileStore(url, { passphrase })).epoch(kekId)).rejects.toEqual(failure('unreadable'))
    // Control: where it is not sealed, nothing tells.
    const plain = await createFileStore(`${url}-plain`)
    const loose = await plain.create({ suite: 'x25519', purpose: 'credential' })
    const loosePath = join(`${folder}-plain`, `epoch-${loose.kekId.toString('hex')}.json`)
    writeFileSync(loosePath, readFileSync(loosePath, 'utf8').replace('credential', 'card'))
    expect((await (await openFileStore(`${url}-plain`)).epoch(loose.kekId))?.purpose).toBe('card')
  })

  test('a damaged seal is told from a wrong passphrase, and asks no more of the machine than its bounds', async () => {
    await cheapStore()
    const path = join(folder, 'seal.json')
    const file = JSON.parse(readFileSync(path, 'utf8'))
    const damaged: Record<string, unknown>[] = [
      { ...file, salt: flipped(file.salt, 3) },
      { ...file, sealed_key: flipped(file.sealed_key, 40) },
      { ...file, sum: flipped(file.sum, 0) },
      { ...file, parameters: { ...file.parameters, memory_kib: 2 ** 31 } },
      { ...file, parameters: { ...file.parameters, passes: 1_000_000 } },
      { ...file, parameters: null },
      { ...file, kdf: 'md5' },
      { ...file, v: 2 },
    ]
    for (const one of damaged) {
      writeFileSync(path, JSON.stringify(one))
      const began = Date.now()
      await expect(openFileStore(url, { passphrase }), JSON.stringify(one)).rejects.toEqual(failure('unreadable'))
      expect(Date.now() - began).toBeLessThan(5_000)
    }
    writeFileSync(path, `${JSON.stringify(file).slice(0, 80)}`)
    await expect(openFileStore(url, { passphrase })).rejects.toEqual(failure('unreadable'))
    rmSync(path)
    await expect(openFileStore(url, { passphrase }), 'lost').rejects.toEqual(failure('unreadable'))
    await expect(sealFileStore(url, passphrase, cheap), 'a new seal would hide the loss').rejects.toEqual(
      failure('unreadable'),
    )
    writeFileSync(path, JSON.stringify(file), { mode: 0o600 })
    await expect(openFileStore(url, { passphrase }), 'control').resolves.toBeDefined()
  })

  test('a seal that others may read is refused like any other file of the store', async () => {
    await cheapStore()
    chmodSync(join(folder, 'seal.json'), 0o640)
    await expect(openFileStore(url, { passphrase })).rejects.toEqual(failure('loose_mode'))
  })
})

describe('live mode', () => {
  test('makes and opens no store without a passphrase, and none that is not sealed', async () => {
    await expect(createFileStore(url, { live: true })).rejects.toEqual(failure('live_unsealed'))
    expect(existsSync(folder)).toBe(false)
    await createFileStore(url)
    await expect(openFileStore(url, { live: true })).rejects.toEqual(failure('live_unsealed'))
    await expect(openFileStore(url, { live: true, passphrase })).rejects.toEqual(failure('not_sealed'))
    await expect(openFileStore(url, { live: true, passphrase })).rejects.toThrow(/sallyport keys seal/)
    await sealFileStore(url, passphrase, cheap)
    await expect(openFileStore(url, { live: true, passphrase }), 'control').resolves.toBeDefined()
  })
})

describe('sealing a store that is there', () => {
  async function plainStore() {
    const store = await createFileStore(url)
    const card = await store.create({ suite: 'x25519', purpose: 'card' })
    const credential = await store.create({ suite: 'p256', purpose: 'credential' })
    const data = Buffer.from('x')
    const pairs = [card, credential].map((epoch) => ({ epoch, enc: generateKeyPair(epoch.suite).publicKey }))
    const secrets = await Promise.all(pairs.map(({ epoch, enc }) => store.dh(epoch.kekId, enc)))
    const mac = await store.mac('fingerprint', data)
    return async () => {
      const sealed = await openFileStore(url, { passphrase })
      // Both may be of one millisecond.
      const listed = await sealed.list()
      expect(listed).toHaveLength(2)
      expect(listed).toEqual(expect.arrayContaining([card, credential]))
      for (const [index, { epoch, enc }] of pairs.entries())
        expect((await sealed.dh(epoch.kekId, enc)).equals(secrets[index] ?? Buffer.alloc(0))).toBe(true)
      expect((await sealed.mac('fingerprint', data)).equals(mac)).toBe(true)
    }
  }

  test('loses nothing: same epochs, same secrets, same MAC; a second time it changes nothing', async () => {
    const same = await plainStore()
    expect(await sealFileStore(url, passphrase, cheap)).toBe(3)
    await same()
    const before = snapshot()
    expect(await sealFileStore(url, passphrase, cheap)).toBe(0)
    expect(snapshot()).toEqual(before)
    await expect(sealFileStore(url, other, cheap)).rejects.toEqual(failure('wrong_passphrase'))
    expect(snapshot()).toEqual(before)
  })

  test.each([1, 2, 3])(
    'cut short before its file %i of 3 it says so, goes on with the same passphrase, and loses nothing',
    async (step) => {
      const same = await plainStore()
      const names = ['mac.json', ...readdirSync(folder).filter((name) => name.startsWith('epoch-'))]
      const plain = snapshot()
      await sealFileStore(url, passphrase, cheap)
      // As a kill -9 leaves it: the files before this step are sealed, the others still as they were.
      for (const name of names.slice(step - 1)) writeFileSync(join(folder, name), plain[name] ?? '')
      const use = async () => (await openFileStore(url, { passphrase })).list()
      await expect(use()).rejects.toEqual(failure('half_sealed'))
      await expect(sealFileStore(url, other, cheap)).rejects.toEqual(failure('wrong_passphrase'))
      expect(await sealFileStore(url, passphrase, cheap)).toBe(names.length - step + 1)
      await same()
    },
  )

  test('reads all before it writes anything: a damaged file leaves every other as it was', async () => {
    await plainStore()
    const [name = ''] = readdirSync(folder).filter((one) => one.startsWith('epoch-'))
    writeFileSync(join(folder, name), '{"v":1}')
    const before = snapshot()
    await expect(sealFileStore(url, passphrase, cheap)).rejects.toEqual(failure('unreadable'))
    expect(snapshot()).toEqual(before)
  })

  test('overwrites what lay on the disk unsealed', async () => {
    await plainStore()
    // A second name keeps the old file, so that one can look at what became of it.
    linkSync(join(folder, 'mac.json'), join(folder, '..', 'old'))
    const file = openSync(join(folder, '..', 'old'), 'r')
    try {
      await sealFileStore(url, passphrase, cheap)
      const old = Buffer.alloc(64)
      readSync(file, old, 0, old.length, 0)
      expect(old.equals(Buffer.alloc(64))).toBe(true)
    } finally {
      closeSync(file)
    }
  })
})

test("Node's Argon2id is the one of RFC 9106: its test vector of §5.3", () => {
  const tag = argon2Sync('argon2id', {
    message: Buffer.alloc(32, 1),
    nonce: Buffer.alloc(16, 2),
    secret: Buffer.alloc(8, 3),
    associatedData: Buffer.alloc(12, 4),
    memory: 32,
    passes: 3,
    parallelism: 4,
    tagLength: 32,
  })
  expect(tag.toString('hex')).toBe('0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659')
})
