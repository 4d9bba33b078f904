import { readSettings } from '../settings.ts'
import { runSupervisor } from './run.ts'

await runSupervisor(readSettings)
