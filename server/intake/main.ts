import { readConfig } from '../config.ts'
import { runProcess } from '../run-process.ts'
import { startIntake } from './start.ts'

await runProcess('intake', (log) => startIntake(readConfig('intake'), { log }))
