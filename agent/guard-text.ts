import type { DetectOptions, Finding, Guard, Span } from '../detect/finding.ts'
import { createGuard } from '../detect/index.ts'
import { GuardFailed, type Heard, placeholders, type Placeholders, Talk } from '../detect/talk.ts'
import { SallyportError } from '../protocol/errors.ts'

/**
 * Text on its way to a model, or from one, without card data: a stream in, a stream out. What could be the beginning of a
 * card number waits for what follows, from its seventh digit on; what is one is replaced by words that say so.
 */
export interface GuardTextOptions extends Pick<DetectOptions, 'channel' | 'armed' | 'languages'> {
  /** Told as soon as something is found, in the order of the text. What it throws ends the stream. */
  onFindings?: (findings: readonly Finding[], amend: readonly Span[]) => void
  /** Other words in place of what was found. */
  placeholders?: Partial<Placeholders>
  /** A guard of one's own, that nothing else uses. */
  guard?: Guard
}

/** One piece of text after another, as `guardText` reads them. */
interface Passage {
  push(chunk: string): string
  end(): string
}

/**
 * A stream of text as it came, guarded: an async iterable gives an async iterable, a `ReadableStream` a `ReadableStream`. Nothing is
 * read before it is asked for, and whoever stops reading stops the source. Ends with `SallyportError` `shield.unavailable` where the
 * detector fails; what was held then is not released. A piece that is no text ends it with TypeError.
 */
export function guardText(source: ReadableStream<string>, options?: GuardTextOptions): ReadableStream<string>
export function guardText(source: AsyncIterable<string>, options?: GuardTextOptions): AsyncIterableIterator<string>
export function guardText(
  source: ReadableStream<string> | AsyncIterable<string>,
  options: GuardTextOptions = {},
): ReadableStream<string> | AsyncIterableIterator<string> {
  const passage = passageFor(options)
  return isWebStream(source) ? readThrough(source, passage) : walkThrough(source, passage)
}

/** The same as a transform: `stream.pipeThrough(guardTransform())`. */
export function guardTransform(options: GuardTextOptions = {}): TransformStream<string, string> {
  const passage = passageFor(options)
  return new TransformStream({
    transform: (chunk, controller) => pass(passage.push(chunk), controller),
    flush: (controller) => pass(passage.end(), controller),
  })
}

const pass = (text: string, controller: { enqueue(text: string): void }): void => {
  if (text !== '') controller.enqueue(text)
}

function passageFor(options: GuardTextOptions): Passage {
  const talk = new Talk(options.guard ?? createGuard(options), { ...placeholders, ...options.placeholders })
  const tell = ({ text, findings, amend }: Heard): string => {
    if (findings.length > 0) options.onFindings?.(findings, amend)
    return text
  }
  return {
    push: (chunk) => tell(typed(() => talk.hear('', asText(chunk)))),
    end: () => tell(typed(() => talk.finishWith(''))),
  }
}

/** A piece that is an object would be turned into text by somebody else later, unguarded. */
export function asText(chunk: unknown): string {
  if (typeof chunk !== 'string') throw new TypeError('a piece of the stream is no text')
  return chunk
}

/** Runs something of the detector; its failure is `shield.unavailable`. */
export function typed<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof GuardFailed) throw new SallyportError('shield.unavailable', { cause: error })
    throw error
  }
}

export const isWebStream = (source: object): source is ReadableStream<string> => 'getReader' in source

export async function* walkThrough(source: AsyncIterable<string>, passage: Passage): AsyncIterableIterator<string> {
  for await (const chunk of source) {
    const text = passage.push(chunk)
    if (text !== '') yield text
  }
  const rest = passage.end()
  if (rest !== '') yield rest
}

export function readThrough(source: ReadableStream<string>, passage: Passage): ReadableStream<string> {
  const reader = source.getReader()
  return new ReadableStream<string>(
    {
      async pull(controller) {
        try {
          for (;;) {
            const { done, value } = await reader.read()
            const text = done ? passage.end() : passage.push(value)
            if (text !== '') controller.enqueue(text)
            if (done) return controller.close()
            // A pull that gave nothing would not be asked again before the next read.
            if (text !== '') return
          }
        } catch (error) {
          controller.error(error)
          await reader.cancel(error).catch(() => undefined)
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // Nothing is read ahead: the reader's own pace is the source's.
    { highWaterMark: 0 },
  )
}
