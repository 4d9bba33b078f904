/** Sides of a running deployment that its own API does not show: databases, inner doors, what lies on the disk. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createConnection, type Socket } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { databases, type Database } from '../../server/database/migrate.ts'
import { databaseName } from '../../server/database/roles.ts'
import { superuser } from '../../server/database/embedded.ts'
import type { Stack } from '../../server/testing/stack.ts'

type Home = Pick<Stack, 'home'>

const readJson = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'))

/** As the superuser of the embedded server, which no process is. */
export async function asSuperuser<T>({ home }: Home, name: Database, work: (db: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(readJson(home, 'config', 'keyd.json').database_url)
  url.username = superuser
  url.password = readJson(home, 'secrets.json').database.superuser
  url.pathname = `/${databaseName(name)}`
  const db = new pg.Client({ connectionString: url.href })
  await db.connect()
  try {
    return await work(db)
  } finally {
    await db.end()
  }
}

/** Folder and name of each part of the cluster's files: one for each database, one for the log, one for the rest. */
export async function clusterFolders(stack: Home): Promise<{ data: string; parts: { place: string; path: string }[] }> {
  return asSuperuser(stack, 'vault', async (db) => {
    const { rows: where } = await db.query<{ data: string }>("select current_setting('data_directory') as data")
    const data = where[0]?.data ?? ''
    const { rows } = await db.query<{ oid: string; name: string }>(
      'select oid::text as oid, datname as name from pg_database',
    )
    const parts = databases.map((name) => {
      const oid = rows.find((row) => row.name === databaseName(name))?.oid ?? ''
      return { place: `files of the database ${name}`, path: join(data, 'base', oid) }
    })
    return { data, parts: [...parts, { place: 'write-ahead log', path: join(data, 'pg_wal') }] }
  })
}

/**
 * Every page to the disk, also those of unlogged tables, which a plain checkpoint leaves out: copying a database file by
 * file asks for a checkpoint of all.
 */
async function flush(db: pg.Client): Promise<void> {
  await db.query('create database flushed template template0 strategy file_copy')
  await db.query('drop database flushed')
  await db.query('checkpoint')
}

export const flushAll = (stack: Home): Promise<void> => asSuperuser(stack, 'vault', flush)

/** The control for codes: a table that has each once in clear, as a careless vault would. */
export const plantCodes = (stack: Home, used: readonly string[]): Promise<void> => plantRows(stack, 'codes', used)

/** The control for codes beside their names and their card: what a careless log of requests would hold, many times over. */
export function plantRequests(stack: Home, used: readonly string[], pan: string): Promise<void> {
  const rows = used.flatMap((code) => [`{"cvc":"${code}"}`, `security_code=${code}&`, `${pan}|12/34|${code}|`])
  return plantRows(stack, 'requests', Array.from({ length: 10 }, () => rows).flat())
}

async function plantRows(stack: Home, name: 'codes' | 'requests', rows: readonly string[]): Promise<void> {
  await asSuperuser(stack, 'vault', async (db) => {
    await db.query(`create table planted_${name} (payment text, value text)`)
    await db.query(`insert into planted_${name} select 'payment', unnest($1::text[])`, [rows])
    await flush(db)
  })
}

/** The decoy as rows of a table of its own, so that it reaches files and write-ahead log the way a leak would. */
export async function plantInDatabases(stack: Home, values: readonly Buffer[]): Promise<void> {
  for (const name of databases) {
    await asSuperuser(stack, name, async (db) => {
      await db.query('create table planted (value bytea)')
      await db.query('insert into planted select unnest($1::bytea[])', [values])
      await db.query('create unlogged table planted_unlogged as select * from planted')
      await flush(db)
    })
  }
}

const innerSocket = ({ home }: Home, role: string): string => readJson(home, 'config', `${role}.json`).inner_socket

/** `/metrics` of a role's inner door; null where it has none. */
export function metricsOf(stack: Home, role: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: innerSocket(stack, role), path: '/metrics' }, (answer) => {
      let text = ''
      answer.on('data', (part) => (text += part))
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : null))
    })
    outgoing.once('error', reject)
    outgoing.end()
  })
}

/**
 * The control for a process's memory: a request that has begun and does not end, whose body so far is this. The process
 * holds it until the rest comes. The demo has no inner door; its outer one serves as well.
 */
export async function holdOpen(stack: Stack, role: string, body: Buffer): Promise<Socket[]> {
  const socketPath = role === 'demo' ? undefined : innerSocket(stack, role)
  const port = Number(new URL(stack.direct.demo).port)
  const pieceBytes = 2_000
  const open: Socket[] = []
  for (let at = 0; at < body.length; at += pieceBytes) {
    const socket =
      socketPath === undefined ? createConnection({ port, host: '127.0.0.1' }) : createConnection(socketPath)
    socket.on('error', () => undefined)
    await new Promise((resolve) => socket.once('connect', resolve))
    const head = ['POST /api/say HTTP/1.1', 'host: x', 'content-type: application/json', 'content-length: 4000', '', '']
    socket.write(head.join('\r\n'))
    await new Promise((resolve) => socket.write(body.subarray(at, at + pieceBytes + 400), resolve))
    open.push(socket)
  }
  return open
}
