/** `sallyport tenant` and `sallyport admin` as commands of the command line. */
import type { Command } from '../command.ts'
import { makeFirstEpochs, openKeys, passphraseOf } from '../init/key-store.ts'
import type { KeyStore } from '../keys/store.ts'
import { readSettings } from '../settings.ts'
import { UsageError, usageText } from '../command.ts'
import { commandOf, type Outside } from './action.ts'
import { adminActions } from './admin-command.ts'
import { connectAdmin } from './connect.ts'
import { keysActions } from './keys-command.ts'
import { readSecret } from './read-secret.ts'
import { sealFileKeys } from './seal-keys.ts'
import { tenantActions } from './tenant-command.ts'

const outside: Outside = { connect: connectAdmin, print: (text) => void process.stdout.write(text) }

export const tenant: Command = commandOf('tenant', 'tenants, their origins and API keys', tenantActions, outside)

export const admin: Command = commandOf(
  'admin',
  'merchant accounts, processor hosts, credentials, key epochs',
  adminActions({
    epochs: () => {
      const settings = readSettings()
      const { home, keys } = settings
      return makeFirstEpochs(keys ?? `file:${home}/keys`, { passphrase: passphraseOf(settings) })
    },
    secret: async (file) => readSecret(file),
  }),
  outside,
)

const epochs = commandOf(
  'keys',
  'the keys that cards and credentials are sealed to',
  keysActions({ store: openStore }),
  outside,
)

export const keys: Command = {
  usage: [
    ...epochs.usage,
    ['keys seal', 'seal the files of the key store by the passphrase that SALLYPORT_KEYS_PASSPHRASE_FROM names'],
  ],
  async run(args) {
    if (args[0] !== 'seal') return epochs.run(args)
    if (args.includes('--help')) return void process.stdout.write(usageText([keys]))
    if (args.length !== 1) throw new UsageError(usageText([keys]))
    process.stdout.write(`${(await sealFileKeys(readSettings())).text}\n`)
  },
}

async function openStore(): Promise<KeyStore> {
  const settings = readSettings()
  const passphrase = passphraseOf(settings)
  return openKeys(settings.keys ?? `file:${settings.home}/keys`, { passphrase })
}
