/**
 * Two deployments of one database, as on two machines: each with a home of its own and the same secrets. What one took the other
 * charges, and its security code too where the doors of the other's keyd are laid here; without them the code is lost.
 */
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSallyport, type Sallyport } from '../../agent/index.ts'
import { roles } from '../config.ts'
import { superuser } from '../database/embedded.ts'
import { runPath } from '../database/run-folder.ts'
import { type Stack, startStack } from '../testing/stack.ts'

const homes: string[] = []
const home = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'sp-'))
  homes.push(made)
  return made
}
let first: Stack
let db: pg.Client
const settings = { SALLYPORT_DEMO: '0' }
const keydOf = (one: string): string => join(runPath(one), 'keyd')

const configOf = (role: string) => JSON.parse(readFileSync(join(first.home, 'config', `${role}.json`), 'utf8'))

/** With the first's secrets and keys, on the first's databases. */
async function another(doors: Record<string, string>, at = home()): Promise<Stack> {
  for (const name of ['secrets.json', 'deployment.json', 'tenant.json', 'keys']) {
    cpSync(join(first.home, name), join(at, name), { recursive: true })
  }
  // Who made the folder says who may enter it, and not what was copied.
  chmodSync(join(at, 'keys'), 0o700)
  const urls = Object.fromEntries(
    roles.map((role) => [`SALLYPORT_${role.toUpperCase()}_DATABASE_URL`, configOf(role).database_url]),
  )
  return startStack({ home: at, env: { ...settings, ...urls, ...doors } })
}
const agentOf = ({ urls, tenant }: Stack): Sallyport =>
  createSallyport({ baseUrl: urls.gateway, secretKey: tenant.secret_key })

/** Taken by one, charged by the other: what became of the code. */
async function across(takes: Stack, charges: Stack): Promise<string> {
  const amount = { amount_minor: 8_000, currency: 'EUR' }
  const agent = agentOf(takes)
  const { id } = await agent.captures.create({ conversation: 'talk-1', purpose: 'pay', amount })
  const { token } = await agent.test.complete(id)
  if (token === undefined) throw new Error('no token')
  const charge = await agentOf(charges).charges.create({ token: token.id, ...amount, reference: id })
  expect(charge.state).toBe('captured')
  const { rows } = await db.query<{ cvc: string }>('select cvc from charges where id = $1', [charge.id])
  return rows[0]?.cvc ?? 'nothing'
}

const second = home()
beforeAll(async () => {
  first = await startStack({ home: home(), env: { ...settings, SALLYPORT_KEYD_DOORS: keydOf(second) } })
  const url = new URL(configOf('intake').database_url)
  const { superuser: password } = JSON.parse(readFileSync(join(first.home, 'secrets.json'), 'utf8')).database
  url.username = superuser
  url.password = password
  db = new pg.Client({ connectionString: url.href })
  await db.connect()
}, 100_000)
afterAll(async () => {
  await db.end()
  await first.stop()
  for (const one of homes) rmSync(one, { recursive: true, force: true })
})

test('what one machine took the other charges with its code, both ways, where each reaches the other’s keyd', async () => {
  const other = await another({ SALLYPORT_KEYD_DOORS: keydOf(first.home) }, second)
  try {
    expect(await across(first, other)).toBe('open')
    expect(await across(other, first)).toBe('open')
    expect(await across(other, other)).toBe('open')
  } finally {
    await other.stop()
  }
}, 200_000)

test('without the doors the code is lost at the other machine, and the card is charged all the same (control)', async () => {
  const other = await another({})
  try {
    expect(await across(other, other)).toBe('open')
    expect(await across(first, other)).toBe('lost')
  } finally {
    await other.stop()
  }
}, 200_000)
