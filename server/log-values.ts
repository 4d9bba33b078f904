/**
 * What may stand in a log line as a value, and what is said of an error: its name, its code and where it came from. Its
 * message is never said, because messages are where input leaks; nor is a line of the message that looks like a frame.
 */
import { detectorFor } from '../detect/detect.ts'
import { en } from '../detect/words/en.ts'

/** Twelve digits with at most one separator between them could be a card number, wherever they come from. */
const couldBeCard = /\d(?:[ .\-/]?\d){11}/
const textLengthMax = 200

/**
 * The last line behind the list of members: what is written is shown to the detector, in English, so that a member which
 * somebody lets through by mistake writes no card number in words, in other signs for digits, or encoded.
 */
const { detect } = detectorFor([en])
/** Ids of ours, most of what is written: letters alone, drawn at random. */
const ownId = /^[a-z_]{2,10}_[a-z]{26}$/
const shortestNumber = 12
/** "Ten" says two digits in three letters; no sign, no word and no encoding says more with less. */
const digitsALetter = 2 / 3

function mayBeCard(text: string): boolean {
  if (ownId.test(text)) return false
  let digits = 0
  for (let index = 0; index < text.length && digits < shortestNumber; index += 1) {
    const code = text.charCodeAt(index)
    if (code >= 0x80 || (code >= 0x30 && code <= 0x39)) digits += 1
    else if ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) digits += digitsALetter
  }
  return digits >= shortestNumber
}

/** Throws nothing: where the detector fails, the text is not written. */
function holdsCard(text: string): boolean {
  try {
    return mayBeCard(text) && detect(text).length > 0
  } catch {
    return true
  }
}

export function allowedValue(value: unknown): string | number | boolean | null | undefined {
  if (typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Math.abs(value) < 1e11 ? value : undefined
  if (typeof value !== 'string') return undefined
  // As much again is looked at as is written: a number may stand across the end.
  const text = value.slice(0, 2 * textLengthMax)
  if (couldBeCard.test(text)) return '[digits]'
  return holdsCard(text) ? '[card data]' : text.slice(0, textLengthMax)
}

const framesMax = 6
/** A cause of a cause, and so on: one that is its own cause would never end. */
const causesMax = 4

export function describeError(error: unknown, causes = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error }
  const described: Record<string, unknown> = {
    name: nameOf(error),
    code: 'code' in error ? allowedValue(error.code) : undefined,
    at: framesOf(error).slice(0, framesMax).map(allowedValue),
  }
  if (error.cause !== undefined && causes < causesMax) described['cause'] = describeError(error.cause, causes + 1)
  return described
}

/** A class's name is an identifier; a name that is anything else was put there by somebody. */
const nameOf = ({ name }: Error): unknown =>
  typeof name === 'string' && /^[\w$]{1,64}$/.test(name) ? allowedValue(name) : 'Error'

/** `at some.function (file:///where:1:2)`, or the place alone. */
const place = '(?:file://|node:|/)[^\\s()]+:\\d+:\\d+'
const frame = new RegExp(`^at (?:[\\w$.<>[\\]# ]{1,100} \\(${place}\\)|${place})$`)

/**
 * A stack begins with name and message, and a line of the message may look like any frame: so both are cut off first.
 * Where the stack does not begin with them (the message was changed, a source line stands before it), it gives nothing.
 */
function framesOf({ stack, message }: Error): string[] {
  if (typeof stack !== 'string') return []
  const name = /^[\w$]{1,64}(?: \[\w{1,64}\])?/.exec(stack)?.[0]
  const head = `${name}${message === '' ? '' : `: ${message}`}\n`
  if (!stack.startsWith(head)) return []
  const lines = stack.slice(head.length).split('\n')
  return lines.map((line) => line.trim()).filter((line) => frame.test(line))
}
