/** The supervisor as it is, over two processes that stand in for the real ones. */
import { join } from 'node:path'
import { writePrivate } from '../../private-files.ts'
import { readSettings } from '../../settings.ts'
import { runSupervisor } from '../run.ts'

await runSupervisor(readSettings, (home, settings) => {
  const spec = (name: string, port: number) => {
    const config = join(home.folder, 'config', `${name}.json`)
    writePrivate(config, { port })
    return {
      name,
      entry: join(import.meta.dirname, 'role.ts'),
      environment: settings.environment,
      config,
      files: null,
      log: join(home.folder, 'logs', `${name}.log`),
    }
  }
  return {
    beginSteps: [[spec('one', settings.ports.gateway)], [spec('two', settings.ports.intake)]],
    endSteps: [['two'], ['one']],
  }
})
