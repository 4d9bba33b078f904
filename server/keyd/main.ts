import { readConfig } from '../config.ts'
import { runProcess } from '../run-process.ts'
import { startKeyd } from './start.ts'

await runProcess('keyd', (log) => startKeyd(readConfig('keyd'), { log }))
