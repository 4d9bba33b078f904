/** `sallyport tenant`: who uses the deployment, from which pages, with which keys. */
import type { Action } from './action.ts'
import { table } from './action.ts'
import { addKey, listKeys, type MadeKey, revokeKey, rotateKeys } from './keys.ts'
import { keyId, overlapDefaultMs, overlapMs, tenantId } from './names.ts'
import { addOrigin, listOrigins, removeOrigin } from './origins.ts'
import { addTenant, listTenants } from './tenants.ts'

const once = 'This key is shown once and kept nowhere: put it where your agent finds its secrets.'
const shown = (made: MadeKey): string => `${made.id}\n  secret key   ${made.secret_key}\n${once}`
const day = (time: string | null): string => (time === null ? '–' : `${time.slice(0, 16).replace('T', ' ')} UTC`)

export const tenantActions: readonly Action[] = [
  {
    name: 'add',
    takes: '--name <business> [--origin <https://shop.example>]…',
    what: 'make a tenant; prints its keys, the secret one this once',
    options: { name: { type: 'string' }, origin: { type: 'string', multiple: true } },
    async run(input, admin) {
      const made = await addTenant(admin, { name: input.option('name') ?? '', origins: input.list('origin') })
      const text = `${made.tenant} was made\n  publishable key   ${made.publishable_key}\n  secret key        ${made.secret_key}\n${once}`
      return { json: made, text }
    },
  },
  {
    name: 'list',
    takes: '',
    what: 'all tenants',
    async run(_input, admin) {
      const tenants = await listTenants(admin)
      const rows = tenants.map((row) => [
        row.tenant,
        row.name,
        row.publishable_key,
        String(row.origins),
        String(row.accounts),
        String(row.keys),
      ])
      return {
        json: { tenants },
        text: table(['tenant', 'name', 'publishable key', 'origins', 'accounts', 'keys'], rows),
      }
    },
  },
  {
    name: 'origins list',
    takes: '<tenant>',
    what: 'the pages that may embed the card form',
    async run({ words: [tenant = ''] }, admin) {
      const origins = await listOrigins(admin, tenantId(tenant))
      const rows = origins.map((row) => [row.origin, row.by_settings ? 'the settings' : 'an admin'])
      return { json: { origins }, text: table(['origin', 'added by'], rows) }
    },
  },
  {
    name: 'origins add',
    takes: '<tenant> <origin>',
    what: 'let the pages of an origin embed the card form, at once',
    async run({ words: [tenant = '', origin = ''] }, admin) {
      const added = await addOrigin(admin, tenantId(tenant), origin)
      return { json: { origin: added }, text: `${added} may embed the card form from now on` }
    },
  },
  {
    name: 'origins remove',
    takes: '<tenant> <origin>',
    what: 'take an origin away, at once',
    async run({ words: [tenant = '', origin = ''] }, admin) {
      const removed = await removeOrigin(admin, tenantId(tenant), origin)
      return { json: { origin: removed }, text: `${removed} may not embed the card form any more` }
    },
  },
  {
    name: 'keys list',
    takes: '<tenant>',
    what: 'API keys, by their last four letters',
    async run({ words: [tenant = ''] }, admin) {
      const keys = await listKeys(admin, tenantId(tenant))
      const rows = keys.map((row) => [row.id, row.hint, row.state, day(row.created_at), day(row.expires_at)])
      return { json: { keys }, text: table(['key', 'letters', 'state', 'made', 'ends'], rows) }
    },
  },
  {
    name: 'keys add',
    takes: '<tenant>',
    what: 'a further key beside the others',
    async run({ words: [tenant = ''] }, admin) {
      const made = await addKey(admin, tenantId(tenant))
      return { json: made, text: shown(made) }
    },
  },
  {
    name: 'keys rotate',
    takes: '<tenant> [--overlap 24h]',
    what: 'a new key; the others end after the overlap (0: now)',
    options: { overlap: { type: 'string' } },
    async run(input, admin) {
      const given = input.option('overlap')
      const ms = given === undefined ? overlapDefaultMs : overlapMs(given)
      const made = await rotateKeys(admin, tenantId(input.words[0] ?? ''), ms)
      const end =
        ms === 0 ? 'The others have ended.' : `The others end at ${day(new Date(Date.now() + ms).toISOString())}.`
      return { json: made, text: `${shown(made)}\n${end}` }
    },
  },
  {
    name: 'keys revoke',
    takes: '<tenant> <key>',
    what: 'end a key now and for good; key is its id, key_…',
    async run({ words: [tenant = '', key = ''] }, admin) {
      const id = keyId(key)
      await revokeKey(admin, tenantId(tenant), id)
      return { json: { id, state: 'revoked' }, text: `${id} is revoked: the gateway refuses it from now on` }
    },
  },
]
