import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Command, UsageError } from '../command.ts'
import { explain } from './explain.ts'
import { reasonOf, Unreadable } from './sources.ts'

const usage = 'sallyport detect explain takes --voice, then a file or - for what is piped in'

/** `sallyport detect explain`. The text comes by file or pipe, never as an argument: those are in lists of processes. */
export const detectCommand: Command = {
  usage: [
    ['detect explain [--voice] <file|->', 'say which rules find card data in a text, and why; digits are shown as #'],
  ],
  async run([what, ...args]) {
    if (what !== 'explain') throw new UsageError(usage)
    const { values, positionals } = parse(args)
    const [name, ...more] = positionals
    if (name === undefined || more.length > 0) throw new UsageError(usage)
    process.stdout.write(explain(linesOf(read(name)), values.voice ? { channel: 'voice' } : {}))
  },
}

const linesOf = (text: string): string[] => text.replace(/\r?\n$/, '').split(/\r?\n/)

function read(name: string): string {
  try {
    return readFileSync(name === '-' ? 0 : name, 'utf8')
  } catch (error) {
    throw new Unreadable(name, reasonOf(error))
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { voice: { type: 'boolean', default: false } } })
  } catch {
    throw new UsageError(usage)
  }
}
