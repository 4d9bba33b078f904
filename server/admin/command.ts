/** `sallyport tenant` and `sallyport admin` as commands of the command line. */
import type { Command } from '../command.ts'
import { makeFirstEpochs } from '../init/key-store.ts'
import { readSettings } from '../settings.ts'
import { commandOf, type Outside } from './action.ts'
import { adminActions } from './admin-command.ts'
import { connectAdmin } from './connect.ts'
import { readSecret } from './read-secret.ts'
import { tenantActions } from './tenant-command.ts'

const outside: Outside = { connect: connectAdmin, print: (text) => void process.stdout.write(text) }

export const tenant: Command = commandOf('tenant', 'tenants, their origins and API keys', tenantActions, outside)

export const admin: Command = commandOf(
  'admin',
  'merchant accounts, processor hosts, credentials, key epochs',
  adminActions({
    epochs: () => {
      const { home, keys } = readSettings()
      return makeFirstEpochs(keys ?? `file:${home}/keys`)
    },
    secret: async (file) => readSecret(file),
  }),
  outside,
)
