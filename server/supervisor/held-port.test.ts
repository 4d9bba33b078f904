import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePorts } from '../testing/free-ports.ts'
import { type Supervised, supervise } from './child.ts'
import { holdPort } from './held-port.ts'

let folder: string
let port: number
let process_: Supervised

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-held-'))
  const config = join(folder, 'config.json')
  writeFileSync(config, '{}')
  ;[port = 0] = await freePorts(1)
  process_ = supervise(
    {
      name: 'held',
      entry: join(import.meta.dirname, 'testing', 'held.ts'),
      environment: { PATH: process.env['PATH'] ?? '' },
      config,
      files: null,
      listen: { host: '127.0.0.1', port },
      log: join(folder, 'held.log'),
    },
    () => undefined,
    () => undefined,
  )
})
afterEach(async () => {
  await process_.stop(1_000)
  rmSync(folder, { recursive: true, force: true })
})

const ask = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`)).text()

test('a request that comes while its process is started again is answered by the next one', async () => {
  await process_.start()
  const first = process_.pid ?? 0
  expect(await ask()).toBe(String(first))
  process.kill(first, 'SIGKILL')
  while (process_.pid !== null) await delay(5)
  const answered = await ask()
  expect(answered).toMatch(/^\d+$/)
  expect(answered).not.toBe(String(first))
})

test('once its process is stopped, nobody listens there', async () => {
  await process_.start()
  await process_.stop(1_000)
  await expect(ask()).rejects.toThrow()
  const again = await holdPort({ host: '127.0.0.1', port })
  again?.close()
  expect(again).not.toBe(null)
})

test('a name is looked up, and a port that cannot be had is said in a sentence', async () => {
  const held = await holdPort({ host: 'localhost', port })
  expect(held?.fd).toBeGreaterThan(2)
  held?.close()
  await expect(holdPort({ host: '192.0.2.1', port })).rejects.toThrow(`port ${port} of 192.0.2.1 cannot be had`)
})
