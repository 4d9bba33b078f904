import { readConfig } from '../config.ts'
import { runProcess } from '../run-process.ts'
import { startScreen } from './start.ts'

await runProcess('screen', (log) => startScreen(readConfig('screen'), { log }))
