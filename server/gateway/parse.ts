import type * as z from 'zod/mini'
import { SallyportError } from '../../protocol/errors.ts'
import { isCardShaped } from '../card-shaped.ts'

/**
 * What came with a request becomes a value of a documented shape, or request.malformed with the name of a documented
 * member. A name that the caller made up never gets into `param`.
 */
export type Shape = z.ZodMiniType

/** Throws SallyportError. */
export function parseBody<S extends Shape>(shape: S, value: unknown): z.infer<S> {
  const parsed = shape.safeParse(value)
  if (!parsed.success) throw malformed(shape, parsed.error.issues[0]?.path ?? [])
  refuseCards(shape, parsed.data, [])
  return parsed.data
}

/** A query of strings and whole numbers. A name given twice is refused, for no one knows which one counts. */
export function parseQuery<S extends Shape>(shape: S, query: URLSearchParams): z.infer<S> {
  const members: Record<string, unknown> = {}
  for (const [name, text] of query) {
    if (Object.hasOwn(members, name)) throw malformed(shape, [name])
    const isNumber = typeof memberOf(shape, name) === 'object' && typeOf(memberOf(shape, name)) === 'number'
    members[name] = isNumber && /^\d{1,15}$/.test(text) ? Number(text) : text
  }
  return parseBody(shape, members)
}

function malformed(shape: Shape, path: readonly PropertyKey[]): SallyportError {
  const param = documentedPath(shape, path)
  return new SallyportError('request.malformed', param === '' ? {} : { param })
}

/** `amount.currency`; stops where names are the caller's own (metadata) or a list begins. */
export function documentedPath(shape: Shape, path: readonly PropertyKey[]): string {
  const names: string[] = []
  let at: Shape | undefined = shape
  for (const name of path) {
    at = typeof name === 'string' && at !== undefined ? memberOf(at, name) : undefined
    if (at === undefined) break
    names.push(String(name))
  }
  return names.join('.')
}

/** zod's own description of a schema; only these members are looked at. */
interface Definition {
  type: string
  innerType?: Shape
  shape?: Record<string, Shape>
}
// Sound: every zod/mini schema carries its definition under _zod.def.
const definitionOf = (shape: Shape): Definition => shape._zod.def as unknown as Definition

function unwrapped(shape: Shape): Definition {
  let definition = definitionOf(shape)
  while (definition.innerType !== undefined) definition = definitionOf(definition.innerType)
  return definition
}

const typeOf = (shape: Shape | undefined): string | undefined =>
  shape === undefined ? undefined : unwrapped(shape).type

export function memberOf(shape: Shape, name: string): Shape | undefined {
  const members = unwrapped(shape).shape
  return members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined
}

/** No text of an integrator may hold a card number: it would get into events and logs. */
function refuseCards(shape: Shape, value: unknown, path: readonly string[]): void {
  if (typeof value === 'string') {
    if (isCardShaped(value)) throw malformed(shape, path)
  } else if (Array.isArray(value)) {
    for (const item of value) refuseCards(shape, item, path)
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      if (isCardShaped(name)) throw malformed(shape, path)
      refuseCards(shape, member, [...path, name])
    }
  }
}
