/**
 * The first net: of a processor's answer only the members that the template names come back, and only where they have
 * the type it names. No text of the processor's reaches an adapter, a log or an answer.
 */
import { limits } from '../../protocol/limits.ts'
import { isCardShaped } from '../card-shaped.ts'
import type { Field, Reply, Template } from '../processors/processor.ts'

/** An answer that is not what the template expects. What the processor did is then unknown. */
export class Unreadable extends Error {
  constructor() {
    super("the processor's answer does not have the expected members")
  }
}

/** Throws Unreadable. */
export function readAnswer(bytes: Uint8Array, allow: Template['allow']): Reply['fields'] {
  let answer: unknown
  try {
    answer = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))
  } catch {
    // The parser's own error quotes the input.
    throw new Unreadable()
  }
  const fields: Record<string, string | number> = {}
  for (const [name, field] of Object.entries(allow)) {
    const value = at(answer, field.pointer)
    if (value === undefined || value === null) {
      if (field.optional === true) continue
      throw new Unreadable()
    }
    const fit = typed(value, field)
    if (fit !== null) fields[name] = fit
    else if (field.unfit !== 'absent') throw new Unreadable()
  }
  return fields
}

/** RFC 6901. */
function at(value: unknown, pointer: string): unknown {
  let found = value
  for (const part of pointer.split('/').slice(1)) {
    const member = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, member)) return undefined
    found = Object.getOwnPropertyDescriptor(found, member)?.value
  }
  return found
}

/** Twelve digits in a row are no id of ours to keep, whatever the adapter's pattern says. */
const couldBeCard = /\d(?:[^A-Za-z0-9]?\d){11}/

/** Null where it does not fit. */
function typed(value: unknown, field: Field): string | number | null {
  switch (field.type) {
    case 'enum':
      if (typeof value === 'string' && field.values.includes(value)) return value
      break
    case 'id':
      if (typeof value === 'string' && value.length <= 128 && field.pattern.test(value) && !couldBeCard.test(value))
        return value
      break
    case 'int':
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= field.max) return value
      break
    case 'order':
      if (
        typeof value === 'string' &&
        value !== '' &&
        value.length <= limits.referenceLengthMax &&
        !isCardShaped(value)
      )
        return value
      break
  }
  return null
}
