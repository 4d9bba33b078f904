/** What an attacker does with a gateway: it has the keys for grants and tickets, and the doors of intake and egress. */
import { createHash, randomUUID } from 'node:crypto'
import { lettersFrom } from '../../../protocol/ids.ts'
import type { GatewayConfig, Role } from '../../config.ts'
import type { GrantClaims } from '../../grants/claims.ts'
import { signGrant } from '../../grants/sign.ts'
import { statements } from './database.ts'
import { tell, type Told } from './door.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')
const seconds = (): number => Math.floor(Date.now() / 1_000)

const at = (config: GatewayConfig, callee: 'intake' | 'egress') => ({
  socket: config[callee].socket,
  callee: callee as Role,
  issuer: 'gateway' as const,
  key: config.request_key,
})

export interface Payment {
  tenant: string
  token: string
  amount_minor?: number
  currency?: string
  /** What the grant says instead of what is true. */
  claims?: Partial<GrantClaims>
}

/** A charge as the gateway would make it, with a grant that says whatever the attacker wants. */
export async function charge(config: GatewayConfig, payment: Payment): Promise<Told> {
  const { tenant, token, amount_minor = 8_000, currency = 'EUR', claims = {} } = payment
  const key = randomUUID()
  const chargeId = `chg_${lettersFrom(createHash('sha512').update(key).digest())}`
  const request = { token, amount_minor, currency, reference: key }
  const terms = await tell(at(config, 'egress'), 'POST', '/charges/terms', { tenant, token, charge_id: chargeId })
  if (terms.code !== null) return terms
  // Sound: terms' own shape.
  const { account, attempt, classes, egress } = terms.answer as Pick<
    GrantClaims,
    'account' | 'attempt' | 'classes' | 'egress'
  >
  const grant = await grantFor(config, {
    ...{ tenant, token, amount_minor, currency, account, attempt, classes, egress, charge: chargeId },
    ...claims,
  })
  const idempotency = { key: digest(key), body: digest(JSON.stringify(request)) }
  const body = { tenant, charge_id: chargeId, idempotency, request, grant }
  return tell(at(config, 'egress'), 'POST', '/charges', body)
}

type Wanted = Pick<GrantClaims, 'tenant' | 'token' | 'account' | 'egress'> & Partial<GrantClaims>

/** Any grant: the key is the gateway's own. */
export const grantFor = (config: Pick<GatewayConfig, 'mode' | 'grant_key'>, wanted: Wanted): Promise<string> => {
  const { iss, aud, iat, exp, ...claims }: GrantClaims = {
    iss: 'gateway',
    aud: 'keyd',
    jti: randomUUID(),
    iat: seconds(),
    exp: seconds() + 60,
    mode: config.mode,
    classes: ['card'],
    charge: `chg_${lettersFrom(createHash('sha512').update(randomUUID()).digest())}`,
    operation: 'sale',
    attempt: 1,
    amount_minor: 1,
    currency: 'EUR',
    ...wanted,
  }
  return signGrant({ iss, aud, iat, exp, ...claims }, config.grant_key)
}

export const refund = (config: GatewayConfig, { tenant, id }: { tenant: string; id: string }): Promise<Told> =>
  tell(at(config, 'egress'), 'POST', `/charges/${id}/refund`, {
    tenant,
    idempotency: { key: digest(randomUUID()), body: digest('{}') },
  })

export const erase = (config: GatewayConfig, { tenant, token }: { tenant: string; token: string }): Promise<Told> =>
  tell(at(config, 'intake'), 'POST', `/tokens/${token}/erase`, { tenant })

/** Every row of its own database. */
export async function loot(config: GatewayConfig): Promise<string> {
  const tables = ['tenants', 'api_keys', 'events', 'subjects', 'followed_log']
  const rows = await statements(
    config.database_url,
    tables.map((table) => `select * from ${table}`),
  )
  return rows.map(({ rows: text }) => text).join('\n')
}
