import { readDemoConfig } from './config.ts'
import { startDemo } from './start.ts'

const running = await startDemo(readDemoConfig())
const end = (): void => void running.close().then(() => process.exit(0))
process.once('SIGTERM', end)
process.once('SIGINT', end)
process.once('disconnect', end) // the supervisor is gone
process.send?.({ ready: true })
