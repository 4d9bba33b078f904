/** `sallyport admin`: what widens power. Where charges go, with which credential, and which keys cards are sealed with. */
import type { Epoch } from '../keys/store.ts'
import { addAccount, listAccounts, setAccountHost, setCredential, setDefaultAccount } from './accounts.ts'
import { type Action, table } from './action.ts'
import { AdminError } from './deployment.ts'
import { listEpochs, publishEpochs } from './epochs.ts'
import { accountId, tenantId, wholeNumber } from './names.ts'
import { setBin, setErasures, setLinkUses, setRetention } from './tenants.ts'

export interface AdminSources {
  /** The public parts of the key store's epochs. */
  epochs(): Promise<readonly Epoch[]>
  /** A secret out of this file, or out of what is piped in where there is none named. */
  secret(file: string | undefined): Promise<Buffer>
}

export const adminActions = ({ epochs, secret }: AdminSources): readonly Action[] => [
  {
    name: 'account list',
    takes: '[<tenant>]',
    what: 'merchant accounts, where they are reached, whether they have a credential',
    async run({ words: [tenant] }, admin) {
      const accounts = await listAccounts(admin, tenant === undefined ? null : tenantId(tenant))
      const rows = accounts.map((row) => [
        row.account,
        row.tenant,
        row.processor,
        row.host,
        row.default ? 'default' : '',
        row.credential ? 'yes' : 'missing',
      ])
      return { json: { accounts }, text: table(['account', 'tenant', 'processor', 'host', '', 'credential'], rows) }
    },
  },
  {
    name: 'account add',
    takes: '<tenant> --processor <name> --host <https://api.processor.example> [--default]',
    what: 'a merchant account at a processor',
    options: { processor: { type: 'string' }, host: { type: 'string' }, default: { type: 'boolean' } },
    async run(input, admin) {
      const account = await addAccount(admin, {
        tenant: tenantId(input.words[0] ?? ''),
        processor: input.option('processor') ?? '',
        host: input.option('host') ?? '',
        isDefault: input.flag('default'),
      })
      return {
        json: { account },
        text: `${account} was made; give it its credential: \`sallyport admin account credential ${account} < file\``,
      }
    },
  },
  {
    name: 'account credential',
    takes: '<account> [--file <path>]',
    what: "the processor's secret, out of a file or piped in; never typed as an argument",
    options: { file: { type: 'string' } },
    async run(input, admin) {
      const account = accountId(input.words[0] ?? '')
      await setCredential(admin, account, await secret(input.option('file')))
      return {
        json: { account, credential: true },
        text: `${account} has its credential, sealed; charges use it within ten minutes`,
      }
    },
  },
  {
    name: 'account host',
    takes: '<account> <https://api.processor.example>',
    what: 'where charges of this account are sent from now on',
    async run({ words: [account = '', host = ''] }, admin) {
      const set = await setAccountHost(admin, accountId(account), host)
      return { json: { account, host: set }, text: `${account} is reached at ${set}` }
    },
  },
  {
    name: 'account default',
    takes: '<account>',
    what: 'what new tokens are bound to where the agent names no account',
    async run({ words: [account = ''] }, admin) {
      await setDefaultAccount(admin, accountId(account))
      return { json: { account, default: true }, text: `${account} is the default of its tenant` }
    },
  },
  {
    name: 'bin',
    takes: '<tenant> <on|off>',
    what: 'whether the end of a capture tells the first six digits of its card, which name the issuer',
    async run({ words: [tenant = '', value = ''] }, admin) {
      if (value !== 'on' && value !== 'off') throw new AdminError('malformed', 'the BIN is turned `on` or `off`')
      await setBin(admin, tenantId(tenant), value === 'on')
      return { json: { tenant, bin: value === 'on' }, text: `the BIN is ${value} for ${tenant}` }
    },
  },
  {
    name: 'link-uses',
    takes: '<tenant> <one|many>',
    what: 'whether a form opened by link may make a token of many uses; one of one use without it',
    async run({ words: [tenant = '', value = ''] }, admin) {
      if (value !== 'one' && value !== 'many')
        throw new AdminError('malformed', 'tokens of a link have `one` use or `many`')
      await setLinkUses(admin, tenantId(tenant), value)
      return { json: { tenant, link_uses: value }, text: `a link of ${tenant} makes tokens of ${value} use(s)` }
    },
  },
  {
    name: 'retention',
    takes: '<tenant> <days|off>',
    what: 'how long a card is kept at most, those that are stored included; without it, as long as its mandate',
    async run({ words: [tenant = '', value = ''] }, admin) {
      const days =
        value === 'off' ? null : wholeNumber(value, 1, 3_650, 'a retention is a number of days, 1 to 3650, or `off`')
      await setRetention(admin, tenantId(tenant), days)
      const text =
        days === null
          ? `cards of ${tenant} are kept as long as their mandates`
          : `cards of ${tenant} are kept ${days} days at most; older ones cannot be used from now on, and their keys are destroyed soon`
      return { json: { tenant, retention_days: days }, text }
    },
  },
  {
    name: 'erasures',
    takes: '<tenant> <a-day>',
    what: 'how many tokens its agents may erase in 24 hours; 100 without it',
    async run({ words: [tenant = '', value = ''] }, admin) {
      const perDay = wholeNumber(value, 0, 10_000_000, 'erasures a day are a number, 0 to 10000000')
      await setErasures(admin, tenantId(tenant), perDay)
      return {
        json: { tenant, erasures_per_day: perDay },
        text: `agents of ${tenant} may erase ${perDay} tokens a day`,
      }
    },
  },
  {
    name: 'epochs list',
    takes: '',
    what: 'the public keys that cards and credentials are sealed with',
    async run(_input, admin) {
      const list = await listEpochs(admin)
      const rows = list.map((row) => [row.kek_id, row.purpose, row.suite, row.state, row.created_at])
      return { json: { epochs: list }, text: table(['epoch', 'purpose', 'suite', 'state', 'published'], rows) }
    },
  },
  {
    name: 'epochs publish',
    takes: '',
    what: "publish the key store's epochs; the newest of each purpose takes what is sealed from now on",
    async run(_input, admin) {
      const published = await publishEpochs(admin, await epochs())
      return {
        json: { published },
        text: published.length === 0 ? 'all epochs were published before' : `published: ${published.join(', ')}`,
      }
    },
  },
]
