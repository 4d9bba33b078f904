import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { type Command, UsageError } from '../command.ts'
import { utf16Of } from './lines.ts'
import { progressOn } from './progress.ts'
import { asJson, asLine, summary, type Totals } from './report.ts'
import { scanBytes } from './scan.ts'
import { reasonOf, type Source, sourcesOf, Unreadable } from './sources.ts'

/** 0: nothing was found, and all was read. Like grep's, but the other way round: what is found here is bad news. */
const exitFound = 1
const exitUnreadable = 3

/** `sallyport scan`: old transcripts and logs, of any size, offline. Findings go to the output, all else to the error stream. */
export const scan: Command = {
  usage: [
    [
      'scan [--json] [--voice] <file|folder|->…',
      'find card data in files; 1 when some was found, 3 when a file could not be read',
    ],
  ],
  async run(args) {
    const { values, positionals } = parse(args)
    if (positionals.length === 0)
      throw new UsageError('sallyport scan needs files or folders, or - for what is piped in')
    const totals: Totals = { files: 0, bytes: 0, findings: 0, unreadable: 0 }
    const toRead: Source[] = []
    const skip = (failure: Unreadable): void => {
      totals.unreadable += 1
      process.stderr.write(`${failure.message}; going on\n`)
    }
    for await (const source of sourcesOf(positionals)) {
      if (source instanceof Unreadable) skip(source)
      else toRead.push(source)
    }
    const known = toRead.every(({ bytes }) => bytes !== null)
    const expected = known ? toRead.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) : null
    const progress = progressOn(process.stderr, expected, Date.now)
    const written = values.json ? asJson : asLine
    // Whoever reads may stop early, as head does.
    process.stdout.once('error', () => process.exit(exitFound))
    for (const source of toRead) {
      let binary: boolean | null = null
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of source.open()) {
          binary ??= isBinary(chunk)
          totals.bytes += chunk.length
          progress.at(totals)
          yield chunk
        }
      }
      try {
        for await (const found of scanBytes(counted(), values.voice ? { channel: 'voice' } : {})) {
          // Between bytes that are no text, three digits say nothing; a whole number does.
          if (binary && found.kind !== 'pan' && found.kind !== 'track') continue
          totals.findings += 1
          progress.clear()
          if (!process.stdout.write(written(source.name, found))) await once(process.stdout, 'drain')
        }
        totals.files += 1
      } catch (error) {
        progress.clear()
        skip(new Unreadable(source.name, reasonOf(error)))
      }
    }
    progress.clear()
    process.stderr.write(`${summary(totals)}\n`)
    if (totals.findings > 0) process.exitCode = exitFound
    else if (totals.unreadable > 0) process.exitCode = exitUnreadable
  },
}

/** As grep and git tell: text has no zero byte, but for UTF-16, which begins with its mark. */
const isBinary = (chunk: Uint8Array): boolean => utf16Of(chunk) === null && chunk.subarray(0, 8_000).includes(0)

function parse(args: string[]) {
  try {
    const flag = { type: 'boolean', default: false } as const
    return parseArgs({ args, allowPositionals: true, options: { json: flag, voice: flag } })
  } catch {
    throw new UsageError('sallyport scan takes --json and --voice, then names of files or folders')
  }
}
