import { parseArgs } from 'node:util'
import type { Command } from '../command.ts'
import { readSettings } from '../settings.ts'
import { examine, inWords } from './doctor.ts'

export const doctor: Command = {
  usage: [['doctor [--json]', 'say which walls between the processes stand and which are missing; 1 when one is']],
  async run(args) {
    const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } })
    const found = await examine(readSettings())
    process.stdout.write(values.json ? `${JSON.stringify(found, null, 2)}\n` : inWords(found))
    if (found.findings.some(({ state }) => state === 'missing')) process.exitCode = 1
  },
}
