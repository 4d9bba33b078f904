import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { migrateAll } from '../database/deployment-databases.ts'
import { readSettings } from '../settings.ts'
import { ownerUrls } from './storage.ts'

/** For a Postgres of the operator's own: its schema, also ahead of the processes and from a machine that runs none. */
export const migrateCommand: Command = {
  usage: [
    ['migrate', 'bring a Postgres of your own to this version’s schema, while the version before serves'],
    ['migrate --narrow', 'take away what only the version before needed, once none of its processes is left'],
  ],
  async run(args) {
    const { values } = parseArgs({ args, options: { narrow: { type: 'boolean', default: false } } })
    const { databases } = readSettings()
    if (databases === null) {
      throw new Error(
        'the embedded database gets its schema at each `sallyport start`; for a Postgres of your own set the SALLYPORT_…_DATABASE_URL of each role and of OWNER',
      )
    }
    const urls = ownerUrls(databases)
    if (urls === null) throw new Error('set SALLYPORT_OWNER_DATABASE_URL: the owner alone may change the schema')
    const applied = await migrateAll(urls, { narrow: values.narrow })
    process.stdout.write(
      applied.length === 0 ? 'Nothing to do.\n' : `${applied.map((name) => `Ran ${name}`).join('\n')}\n`,
    )
  },
}
