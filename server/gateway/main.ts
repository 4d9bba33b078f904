import { readConfig } from '../config.ts'
import { runProcess } from '../run-process.ts'
import { startGateway } from './start.ts'

await runProcess('gateway', (log) => startGateway(readConfig('gateway'), { log }))
