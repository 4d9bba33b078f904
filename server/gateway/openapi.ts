import * as z from 'zod/mini'
import packageJson from '../../package.json' with { type: 'json' }
import { type ErrorCode, errors } from '../../protocol/errors.ts'
import { httpLimits } from '../http-limits.ts'
import type { Shape } from './parse.ts'
import type { PublicRoute } from './public-routes.ts'
import { commonRefusals, type Route } from './routes.ts'

/**
 * The OpenAPI 3.1 document, made from the descriptions that Express was told and the shapes that parse. JSON Schema
 * 2020-12 is OpenAPI 3.1's own dialect, so that the shapes go in as they are.
 */
type Json = Record<string, unknown>

export interface DocumentParts {
  routes: readonly Route[]
  publicRoutes: readonly PublicRoute[]
  publicUrl: string
  /** Shapes that get a name of their own under components. */
  named: Readonly<Record<string, Shape>>
}

const codes = Object.keys(errors) as [ErrorCode, ...ErrorCode[]] // sound: the keys are the union
const problemShape = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(codes),
  request_id: z.string().check(z.regex(/^req_[a-z]{26}$/)),
  param: z.optional(z.string()),
  retryable: z.boolean(),
  who: z.enum(['customer', 'integrator', 'operator']),
})

export function openApiDocument(parts: DocumentParts): Json {
  const schemas = new Schemas({ ...parts.named, Problem: problemShape })
  const paths: Record<string, Json> = {}
  for (const described of parts.routes) {
    paths[braces(described.path)] = {
      ...paths[braces(described.path)],
      [described.method]: operation(described, schemas),
    }
  }
  for (const described of parts.publicRoutes) paths[braces(described.path)] = { get: publicOperation(described) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sallyport',
      version: packageJson.version,
      description:
        'Card data for conversations: ask for a card, get a token, charge it. Errors are problem documents; `type` is ' +
        'a page about the code. Requests and answers are JSON; times are RFC 3339 in UTC; money is minor units.',
    },
    servers: [{ url: parts.publicUrl }],
    security: [{ secretKey: [] }],
    tags: [...new Set(parts.routes.map(({ tag }) => tag)), 'Public'].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.components,
      securitySchemes: {
        secretKey: {
          type: 'http',
          scheme: 'bearer',
          description: 'A secret key, `sk_test_…` or `sk_live_…`. Server side only.',
        },
      },
    },
  }
}

/** Express's `:id` is OpenAPI's `{id}`. */
export const braces = (path: string): string => path.replace(/:([a-z_]+)/g, '{$1}')

function operation(described: Route, schemas: Schemas): Json {
  const responses: Json = {}
  for (const [status, answer] of Object.entries(described.answers)) {
    responses[status] = {
      description: answer.say,
      headers: {
        'sallyport-request-id': { schema: { type: 'string' } },
        ...(answer.replayable === true && {
          'Idempotent-Replayed': { description: '`true` on a replay.', schema: { type: 'string', const: 'true' } },
        }),
      },
      content: {
        'application/json': { schema: schemas.of(answer.shape) },
        ...(described.streams === true && { 'text/event-stream': { schema: { type: 'string' } } }),
      },
    }
  }
  Object.assign(responses, refusals(described, schemas))
  return {
    operationId: described.operation,
    tags: [described.tag],
    summary: described.summary,
    ...(described.description !== undefined && { description: described.description }),
    parameters: parameters(described, schemas),
    ...(described.body !== undefined && {
      requestBody: {
        required: !acceptsNothing(described.body),
        content: { 'application/json': { schema: schemas.of(described.body) } },
      },
    }),
    responses,
  }
}

const acceptsNothing = (shape: Shape): boolean => shape.safeParse({}).success

function parameters(described: Route, schemas: Schemas): Json[] {
  const list: Json[] = []
  if (described.id !== undefined) {
    list.push({ name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: described.id.source } })
  }
  if (described.query !== undefined) {
    const { properties = {}, required = [] } = schemas.inline(described.query)
    for (const [name, schema] of Object.entries(properties)) {
      list.push({ name, in: 'query', required: required.includes(name), schema })
    }
  }
  if (described.idempotency !== undefined) {
    const schema = { type: 'string', minLength: 1, maxLength: httpLimits.idempotencyKeyLengthMax }
    list.push({ name: 'Idempotency-Key', in: 'header', required: described.idempotency === 'required', schema })
  }
  if (described.streams === true)
    list.push({ name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } })
  return list
}

/** Codes share a status: one response a status, which lists them. */
function refusals(described: Route, schemas: Schemas): Json {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set([...commonRefusals, ...described.refusals])) {
    const { status } = errors[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const responses: Json = {}
  for (const [status, listed] of byStatus) {
    const beside = status === 410 && described.snapshot !== undefined
    const schema = beside
      ? {
          // `allOf` would not do: a problem has no further members by its own schema.
          ...schemas.inline(problemShape),
          properties: {
            ...schemas.inline(problemShape).properties,
            snapshot: schemas.of(described.snapshot ?? problemShape),
          },
        }
      : schemas.of(problemShape)
    responses[status] = {
      description: listed.map((code) => `\`${code}\`: ${errors[code].say}`).join('\n\n'),
      content: { 'application/problem+json': { schema } },
    }
  }
  return responses
}

function publicOperation(described: PublicRoute): Json {
  return {
    operationId: described.operation,
    tags: ['Public'],
    summary: described.summary,
    security: [],
    parameters: Object.entries(described.parameters ?? {}).map(([name, pattern]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string', pattern },
    })),
    responses: {
      200: {
        description: described.summary,
        content: { [described.type]: { schema: described.type === 'application/json' ? {} : { type: 'string' } } },
      },
      404: {
        description: errors['request.not_found'].say,
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  }
}

interface ObjectSchema extends Json {
  properties?: Record<string, Json>
  required?: string[]
}

/** Named shapes are referred to, wherever they stand; the rest are written where they are. */
class Schemas {
  readonly components: Json = {}
  readonly #names = new Map<Shape, string>()
  readonly #registry = z.registry<{ id: string }>()

  constructor(named: Readonly<Record<string, Shape>>) {
    for (const [id, shape] of Object.entries(named)) {
      this.#names.set(shape, id)
      this.#registry.add(shape, { id })
    }
    const { schemas } = z.toJSONSchema(this.#registry, { uri: reference, io: 'input' })
    for (const [id, schema] of Object.entries(schemas)) this.components[id] = withoutNames(schema)
  }

  of(shape: Shape): Json {
    const name = this.#names.get(shape)
    return name === undefined ? this.inline(shape) : { $ref: reference(name) }
  }

  inline(shape: Shape): ObjectSchema {
    return withoutNames(z.toJSONSchema(shape, { io: 'input' }))
  }
}

const reference = (id: string): string => `#/components/schemas/${id}`

/** The document says its dialect once; a schema's place is its name. */
function withoutNames(schema: object): ObjectSchema {
  const { $schema: _dialect, $id: _id, ...rest } = schema as Json
  return rest
}
