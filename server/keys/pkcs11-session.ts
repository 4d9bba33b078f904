/** The way to the HSM: its URL (RFC 7512), its PIN, and a session that is opened again when the HSM was away. */
import { isAbsolute } from 'node:path'
import { ck, codeOf, type Handle, type Module } from './pkcs11-binding.ts'
import { KeyStoreError } from './store.ts'

export interface Session {
  /** Logged in. Throws KeyStoreError `hsm_away` when the HSM does not do it, the second time too. */
  run<T>(work: (module: Module, session: Handle) => T): T
}

export interface HsmPlace {
  token: string
  modulePath: string
  /** What the maker's module reads from its environment, such as where its own configuration is. */
  environment: Record<string, string>
}

const environmentName = /^x-env-((?!NODE_|LD_|SALLYPORT_|PATH$)[A-Z][A-Z0-9_]{1,60})$/

/** `pkcs11:token=sallyport?module-path=/usr/lib/…/module.so&x-env-SOFTHSM2_CONF=/etc/…`; the PIN stands in no URL. */
export function parsePkcs11(url: string): HsmPlace {
  const [path = '', query = ''] = url.startsWith('pkcs11:') ? url.slice('pkcs11:'.length).split('?') : []
  const read = (text: string, separator: string): Map<string, string> =>
    new Map(text.split(separator).map((part) => [part.split('=')[0] ?? '', part.slice(part.indexOf('=') + 1)] as const))
  const asked = read(query, '&')
  const token = decode(read(path, ';').get('token'))
  const modulePath = decode(asked.get('module-path'))
  const environment: Record<string, string> = {}
  const known = [...asked].every(([name, value]) => {
    const variable = environmentName.exec(name)?.[1]
    if (variable !== undefined) environment[variable] = decode(value)
    return variable !== undefined || name === 'module-path'
  })
  if (token === '' || !isAbsolute(modulePath) || !known) throw new KeyStoreError('not_a_pkcs11_url')
  return { token, modulePath, environment }
}

function decode(text: string | undefined): string {
  try {
    return decodeURIComponent(text ?? '')
  } catch {
    return ''
  }
}

export function openSession(url: string, pin: Buffer | null, load: (path: string) => Module): Session {
  const { token, modulePath, environment } = parsePkcs11(url)
  if (pin === null) throw new KeyStoreError('hsm_pin_missing')
  Object.assign(process.env, environment)
  const module = load(modulePath)
  // Kept for when the HSM was away: a session that it forgot is opened again. The caller wipes its own.
  const kept = pin.toString('utf8')
  let session = login(module, token, kept)
  return {
    run: (work) => {
      try {
        return work(module, session)
      } catch (error) {
        if (codeOf(error) === null) throw error
      }
      try {
        session = login(module, token, kept)
        return work(module, session)
      } catch (error) {
        if (error instanceof KeyStoreError && error.failure !== 'hsm_token') throw error
        throw new KeyStoreError('hsm_away', undefined, error)
      }
    },
  }
}

function login(module: Module, token: string, pin: string): Handle {
  const slot = slotOf(module, token)
  if (slot === undefined) throw new KeyStoreError('hsm_token')
  const session = module.C_OpenSession(slot, ck.CKF_RW_SERIAL)
  try {
    module.C_Login(session, ck.CKU_USER, pin)
  } catch (error) {
    const code = codeOf(error)
    // Another session of this process is logged in, and so is this one.
    if (code === ck.CKR_USER_ALREADY_LOGGED_IN) return session
    module.C_CloseSession(session)
    if (code === ck.CKR_PIN_LOCKED) throw new KeyStoreError('hsm_locked')
    if (code === ck.CKR_PIN_INCORRECT || code === ck.CKR_PIN_INVALID || code === ck.CKR_PIN_LEN_RANGE)
      throw new KeyStoreError('hsm_pin')
    throw error
  }
  return session
}

function slotOf(module: Module, token: string): Handle | undefined {
  try {
    return module.C_GetSlotList(true).find((slot) => module.C_GetTokenInfo(slot).label.trimEnd() === token)
  } catch (cause) {
    throw new KeyStoreError('hsm_away', undefined, cause)
  }
}
