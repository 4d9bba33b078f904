/**
 * Statements in its own database that a role must not be able to make. Each is good SQL on what lies there, which the
 * superuser can do: so that what refuses a role is the right that it has not, and no rule that would refuse everyone.
 */
import type { Role } from '../../config.ts'
import type { Database } from '../../database/migrate.ts'

export const ownDatabase: Record<Role, Database> = {
  gateway: 'gateway',
  intake: 'vault',
  egress: 'vault',
  keeper: 'vault',
  keyd: 'keyd',
}

const all = (...tables: string[]): string[] => tables.map((table) => `select * from ${table}`)
const someToken = `tok_test_${'a'.repeat(26)}`

const otherKey = "update kek_epochs set public_key = 'mine'"

/** What widens power, and what each keeps for itself. */
const widening = [
  "insert into origins (tenant, origin) select id, 'https://evil.example' from tenants",
  "update accounts set base_url = 'https://evil.example'",
  otherKey,
  'update tenants set bin = true, link_many_uses = true',
  'update mandates set amount_max = 99999999, not_after_ms = 9999999999999',
  'update allowances set uses_left = 1000',
]
const trails = ["update audit set entry = 'nothing'", 'delete from audit']
/** Rules that hold whoever asks: a trail stays as it is, and so does a published key. A role does not even get as far. */
export const ruled = [otherKey, ...trails]

export const forbidden: Record<Role, readonly string[]> = {
  gateway: [
    "insert into api_keys (tenant, key_hash) select id, sha256('mine') from tenants",
    'update api_keys set revoked_at = null, expires_at = null',
    'delete from api_keys',
    "update tenants set name = 'mine'",
    'delete from deployment',
  ],
  intake: [
    ...all('records', 'tokens', 'cvc', 'fingerprints', 'credentials', 'mandates', 'allowances', 'captures', 'audit'),
    `select record_read('${someToken}', 'card')`,
    `select token_read('ten_${'a'.repeat(26)}', '${someToken}')`,
    `select reserve('${someToken}')`,
    "select credential_read('acct_a')",
    "update records set body = ''",
    ...widening,
    ...trails,
  ],
  egress: [
    ...all('records', 'tokens', 'cvc', 'fingerprints', 'credentials', 'captures', 'hour_keys', 'allowances', 'audit'),
    "update records set body = ''",
    "update charges set state = 'refunded'",
    'delete from attempts',
    `select seen_before('ten_${'a'.repeat(26)}', 'guess')`,
    ...widening,
    ...trails,
  ],
  keeper: [
    ...all(
      'tokens',
      'mandates',
      'cvc',
      'fingerprints',
      'credentials',
      'captures',
      'hour_keys',
      'allowances',
      'charges',
    ),
    'select wrapped_dek from records',
    'select fingerprint from fingerprints',
    `select record_read('${someToken}', 'card')`,
    "select credential_read('acct_a')",
    "update records set body = ''",
    "update tokens set last4 = '0000'",
    'delete from attempts',
    ...widening,
    ...trails,
  ],
  keyd: [
    ...all('grants_used', 'openings', 'tombstones', 'tickets_used'),
    'delete from grants_used',
    'update openings set count = 1',
    'delete from tombstones',
    'update tickets_used set count = 1',
    'update clock set highest_iat = 0',
    ...trails,
  ],
}
