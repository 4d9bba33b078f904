import type { Command } from '../command.ts'
import { readSettings } from '../settings.ts'
import { runSupervisor } from './run.ts'

export const start: Command = {
  usage: [['start', 'start everything, as npm start does']],
  run: () => runSupervisor(readSettings),
}
