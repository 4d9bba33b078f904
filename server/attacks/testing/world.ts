/** A whole deployment for attackers: tokens of every fate, the keys that a thief of the vault would want, its database. */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { Database } from '../../database/migrate.ts'
import type { Secrets } from '../../init/secrets.ts'
import { openFileStore } from '../../keys/file.ts'
import type { KeyStore } from '../../keys/store.ts'
import { readPrivateJson } from '../../private-files.ts'
import { type Stack, startStack } from '../../testing/stack.ts'
import { asOther, type Login } from './database.ts'

export interface World {
  stack: Stack
  secrets: Secrets
  store: KeyStore
  tenant: string
  /** As the agent of the test tenant. Rejects with the status for what is not 2xx. */
  agent<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>
  /** A capture, completed with a test card; the token's id. */
  token(request?: object, card?: string): Promise<string>
  capture(request?: object): Promise<{ id: string; client_secret: string }>
  /** This login with its own password. */
  url(login: Login): string
  /** As the superuser: what a thief of the database has. */
  database(database: Database): Promise<pg.Client>
  stop(): Promise<void>
}

export async function startWorld(env: Record<string, string> = {}): Promise<World> {
  const stack = await startStack({ env: { SALLYPORT_DEMO: '0', ...env } })
  // Sound: the home's own file.
  const secrets = readPrivateJson(join(stack.home, 'secrets.json')) as Secrets
  const clients: pg.Client[] = []

  const agent: World['agent'] = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${stack.direct.gateway}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${stack.tenant.secret_key}`,
        'content-type': 'application/json',
        'idempotency-key': randomUUID(),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`)
    return JSON.parse(answer)
  }
  const capture: World['capture'] = (request = {}) =>
    agent('POST', '/v1/captures', {
      conversation: 'talk-1',
      purpose: 'pay',
      mandate: { uses: 1, amount_max_minor: 50_000, currency: 'EUR' },
      ...request,
    })

  const world: World = {
    stack,
    secrets,
    store: await openFileStore(`file:${join(stack.home, 'keys')}`),
    tenant: stack.tenant.tenant,
    agent,
    capture,
    token: async (request, card = 'visa') => {
      const { id } = await capture(request)
      const done = await agent<{ token: { id: string } }>('POST', `/v1/test/captures/${id}/complete`, { card })
      return done.token.id
    },
    url: (login) => {
      const config = JSON.parse(readFileSync(join(stack.home, 'config', 'keyd.json'), 'utf8'))
      const url = new URL(asOther(config.database_url, login))
      url.password = login.role === 'super' ? secrets.database.superuser : secrets.database.roles[login.role]
      return url.href
    },
    database: async (database) => {
      const client = new pg.Client({ connectionString: world.url({ role: 'super', database }) })
      await client.connect()
      clients.push(client)
      return client
    },
    stop: async () => {
      for (const client of clients) await client.end()
      await stack.stop()
    },
  }
  return world
}

/** Every row of every table, as text: a dump, or a backup of it. */
export async function dump(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'",
  )
  const tables: string[] = []
  for (const { name } of rows) {
    const { rows: found } = await client.query<{ text: string | null }>(
      `select string_agg(row_to_json(t)::text, E'\\n') as text from ${client.escapeIdentifier(name)} t`,
    )
    tables.push(found[0]?.text ?? '')
  }
  return tables.join('\n')
}
