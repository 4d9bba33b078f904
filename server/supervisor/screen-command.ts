import type { Command } from '../command.ts'
import { readSettings } from '../settings.ts'
import { runScreen } from './run.ts'

export const screen: Command = {
  usage: [['screen', 'start the screen, which takes card data out of texts for platforms in other languages']],
  run: () => runScreen(readSettings),
}
