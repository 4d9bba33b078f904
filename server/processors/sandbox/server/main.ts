import { readFileSync } from 'node:fs'
import { runProcess } from '../../../run-process.ts'
import { type SandboxConfig, startSandbox } from './start.ts'

await runProcess('processor', (log) => {
  const path = process.env['SALLYPORT_CONFIG']
  if (path === undefined) throw new Error('SALLYPORT_CONFIG is not set; start the processes with `npm start`')
  const config: SandboxConfig = JSON.parse(readFileSync(path, 'utf8'))
  log.info({ event: 'started', port: config.port })
  return startSandbox(config, undefined, log)
})
