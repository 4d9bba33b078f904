/**
 * The store of an HSM, on SoftHSM2 with a token of its own. `npm run test:hsm` installs what it needs; where that is not
 * there these tests are skipped, and say so, or fail where SALLYPORT_HSM_TESTS=1 asks for them.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ck, loadModule } from './pkcs11-binding.ts'
import { createPkcs11Store, openPkcs11Store } from './pkcs11.ts'
import { openSession, parsePkcs11 } from './pkcs11-session.ts'
import type { KeyStoreFailure } from './store.ts'
import { keyStoreContract } from './testing/contract.ts'
import { hasBinding, softHsm, softHsmAbsent } from './testing/soft-hsm.ts'

const failure = (name: KeyStoreFailure) => expect.objectContaining({ name: 'KeyStoreError', failure: name })
const { skipped, why } = softHsmAbsent()
let folder = ''
let pin = Buffer.from('1234')

beforeAll(() => {
  if (skipped) return
  folder = mkdtempSync(join(tmpdir(), 'hsm-'))
  const hsm = softHsm(folder)
  pin = Buffer.from(hsm.pin)
  // All tokens before the module is loaded: it looks for new ones when it is initialized.
  urls.push(hsm.newToken('sallyport-1'), hsm.newToken('sallyport-2'))
})
afterAll(() => {
  if (folder !== '') rmSync(folder, { recursive: true, force: true })
})
const urls: string[] = []
const urlOf = (index: number): string => urls[index] ?? ''

/** Without the HSM: what every machine can show. */
describe('an HSM that is not there', () => {
  test.each([
    ['pkcs11:token=a', 'not_a_pkcs11_url'],
    ['pkcs11:?module-path=/m.so', 'not_a_pkcs11_url'],
    ['pkcs11:token=a?module-path=m.so', 'not_a_pkcs11_url'],
    ['pkcs11:token=a?module-path=/m.so&pin-value=1234', 'not_a_pkcs11_url'],
    ['pkcs11:token=%E0?module-path=/m.so', 'not_a_pkcs11_url'],
    ['pkcs11:token=a?module-path=/m.so&x-env-LD_PRELOAD=/evil.so', 'not_a_pkcs11_url'],
    ['pkcs11:token=a?module-path=/m.so&x-env-NODE_OPTIONS=--inspect', 'not_a_pkcs11_url'],
    ['file:/keys', 'not_a_pkcs11_url'],
  ] as const)('%s is refused, and no PIN is repeated', async (url, name) => {
    await expect(openPkcs11Store(url, pin)).rejects.toEqual(failure(name))
    await expect(openPkcs11Store(url, pin)).rejects.not.toThrow('1234')
  })

  test('a URL names token and module, escaped where it must be (control)', () => {
    const url = 'pkcs11:manufacturer=x;token=my%20token?module-path=/usr/lib/m.so'
    expect(parsePkcs11(url)).toEqual({ token: 'my token', modulePath: '/usr/lib/m.so', environment: {} })
    const { environment } = parsePkcs11('pkcs11:token=a?module-path=/m.so&x-env-SOFTHSM2_CONF=/etc/a%20b.conf')
    expect(environment).toEqual({ SOFTHSM2_CONF: '/etc/a b.conf' })
  })

  test('without a PIN it says where one is set', async () => {
    await expect(openPkcs11Store('pkcs11:token=a?module-path=/m.so', null)).rejects.toThrow(
      'SALLYPORT_KEYS_PASSPHRASE_FROM',
    )
  })

  test('a module that is missing says what to install', async () => {
    const open = openPkcs11Store('pkcs11:token=a?module-path=/nowhere/m.so', pin)
    await expect(open).rejects.toEqual(failure(hasBinding ? 'hsm_module' : 'hsm_binding'))
    await expect(open).rejects.toThrow(hasBinding ? 'install what its maker gives' : 'npm ci')
  })
})

describe.skipIf(skipped)(`an HSM${why}`, () => {
  test('refuses a wrong PIN, a token that it has not, and a token that was not made ready, each in a sentence', async () => {
    await expect(openPkcs11Store(urlOf(1), Buffer.from('000000'))).rejects.toEqual(failure('hsm_pin'))
    await expect(openPkcs11Store(urlOf(1).replace('sallyport-', 'other-'), pin)).rejects.toEqual(failure('hsm_token'))
    await expect(openPkcs11Store(urlOf(1), pin)).rejects.toEqual(failure('missing'))
    await createPkcs11Store(urlOf(1), pin)
    await expect(openPkcs11Store(urlOf(1), pin), 'control').resolves.toBeDefined()
  })

  keyStoreContract('of an HSM', ['p256'], false, async () => ({
    store: await createPkcs11Store(urlOf(0), pin),
    reopen: () => openPkcs11Store(urlOf(0), pin),
    close: async () => undefined,
  }))

  test('gives no private key away: not by its value, and not after it was asked to make it extractable', async () => {
    const store = await createPkcs11Store(urlOf(1), pin)
    const { kekId } = await store.create({ suite: 'p256', purpose: 'card' })
    openSession(urlOf(1), pin, loadModule).run((module, session) => {
      const find = (type: number) => {
        module.C_FindObjectsInit(session, [
          { type: ck.CKA_CLASS, value: type },
          { type: ck.CKA_ID, value: kekId },
        ])
        const [found] = module.C_FindObjects(session, 10)
        module.C_FindObjectsFinal(session)
        if (found === undefined) throw new Error('no such object')
        return found
      }
      const key = find(ck.CKO_PRIVATE_KEY)
      const value = (object: Buffer, type: number) => module.C_GetAttributeValue(session, object, [{ type }])[0]?.value
      expect(() => value(key, ck.CKA_VALUE)).toThrow(/SENSITIVE/)
      expect(() => module.C_SetAttributeValue(session, key, [{ type: ck.CKA_EXTRACTABLE, value: true }])).toThrow()
      expect(value(key, ck.CKA_NEVER_EXTRACTABLE)?.[0]).toBe(1)
      expect(value(find(ck.CKO_PUBLIC_KEY), ck.CKA_EC_POINT), 'control: what is public is read').toHaveLength(67)
    })
  })

  test('makes no key of another curve', async () => {
    const store = await createPkcs11Store(urlOf(1), pin)
    await expect(store.create({ suite: 'x25519', purpose: 'card' })).rejects.toEqual(failure('hsm_suite'))
  })

  test('that forgot our session is logged in to again', async () => {
    const store = await createPkcs11Store(urlOf(1), pin)
    const [epoch] = await store.list()
    openSession(urlOf(1), pin, loadModule).run((module, session) => {
      closeAll(module, session)
      expect(() => module.C_FindObjectsInit(session, []), 'control: it is forgotten').toThrow(/SESSION/)
    })
    expect(await store.epoch(epoch?.kekId ?? Buffer.alloc(8))).toEqual(epoch)
  })
})

/** As when the HSM was started again: each session of the token is gone. Handles are numbers that count up. */
function closeAll(module: ReturnType<typeof loadModule>, newest: Buffer): void {
  const copy = Buffer.from(newest)
  for (let number = copy.readUInt32LE(0); number > 0; number -= 1) {
    copy.writeUInt32LE(number, 0)
    try {
      module.C_CloseSession(copy)
    } catch {
      // Closed before, or never opened.
    }
  }
}
