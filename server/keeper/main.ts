import { readConfig } from '../config.ts'
import { runProcess } from '../run-process.ts'
import { startKeeper } from './start.ts'

await runProcess('keeper', (log) => startKeeper(readConfig('keeper'), { log }))
