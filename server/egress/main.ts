import { readConfig } from '../config.ts'
import { sandbox } from '../processors/sandbox/adapter.ts'
import { runProcess } from '../run-process.ts'
import { startEgress } from './start.ts'

await runProcess('egress', (log) => startEgress(readConfig('egress'), { log, processors: [sandbox] }))
