/** Keys as an auditor keeps them: one line each, in a file or typed. */
import { existsSync, readFileSync } from 'node:fs'
import { type NoteKey, parseKeyLine } from '../audit/note.ts'
import { UsageError } from '../command.ts'

/** @param given a line, or a file of lines. */
export function readKeys(given: string): NoteKey[] {
  const isLine = parseKeyLine(given) !== null
  const text = isLine ? given : readText(given)
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return lines.map((line) => {
    const key = parseKeyLine(line)
    if (key === null) throw new UsageError('a key is one line, `name+id+key`, as `sallyport audit key` prints it')
    return key
  })
}

export function readText(path: string): string {
  if (!existsSync(path)) throw new UsageError('there is no such file; a key is a file, or its one line in quotes')
  return readFileSync(path, 'utf8')
}

/** The key whose name is the note's first line. */
export function keyFor(keys: readonly NoteKey[], note: string): NoteKey {
  const origin = note.split('\n', 1)[0] ?? ''
  const key = keys.find((one) => one.type === 'note' && one.name === origin)
  if (key === undefined)
    throw new Error('none of the keys is of this log: a key has the name of its log before the first +')
  return key
}
