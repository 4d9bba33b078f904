import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { TestFrame } from '../testing/frame.ts'
import { startVault, type TestVault } from '../testing/vault.ts'
import { tokenWriter, type WriteToken } from './mint-statement.ts'
import type { MintRow } from './mint-statement.ts'

const visa = { number: '4242424242424242', cvc: '123' }

describe('a card on its way into the vault', () => {
  let vault: TestVault
  let db: pg.Pool
  beforeAll(async () => {
    vault = await startVault()
    db = vault.db
  }, 60_000)
  afterAll(() => vault.close())

  const filledIn = async () => {
    const { id, clientSecret } = await vault.createCapture()
    const frame = new TestFrame(vault.intakeUrl, id)
    const { body: attached } = await frame.attach(clientSecret)
    return { id, clientSecret, frame, attached, sealed: await frame.seal(attached, visa) }
  }

  /** What is asked on a clock of its own, however many cards come: for frames that have gone, and once a second (`briefly.ts`). */
  const byTheClock = ['tenant_by_id', 'active_epoch']

  /** The statements of intake while something is done, by name. */
  async function statements(during: () => Promise<unknown>): Promise<string[]> {
    const names: string[] = []
    const query = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (this: pg.Client, ...args) {
      const [asked] = args as unknown[]
      if (this.user === 'sallyport_intake') names.push(nameOf(asked))
      return Reflect.apply(untouched, this, args)
    })
    try {
      await during()
      return names.filter((name) => !name.includes('presence') && !byTheClock.includes(name))
    } finally {
      query.mockRestore()
    }
  }
  const untouched = pg.Client.prototype.query
  const nameOf = (asked: unknown): string => {
    if (typeof asked === 'string') return asked
    const { name, text } = asked as { name?: string; text: string }
    return name ?? text
  }

  it('makes one trip to the database, and two where another process took the form up', async () => {
    const warm = await filledIn()
    await warm.frame.submit(warm.attached, warm.sealed)
    const first = await filledIn()
    expect(await statements(() => first.frame.submit(first.attached, first.sealed))).toEqual(['mint'])

    const second = await filledIn()
    await vault.restart('intake')
    // A process that has just started reads which key the hour has, and its log's id, with its first card.
    const before = await filledIn()
    await before.frame.submit(before.attached, before.sealed)
    expect(await statements(() => second.frame.submit(second.attached, second.sealed))).toEqual([
      'capture_read',
      'mint',
    ])
  })

  it('goes together with those that come while another is written, and each has its own answer', async () => {
    const forms = await Promise.all(Array.from({ length: 12 }, filledIn))
    let answers: { status: number; token: string | undefined }[] = []
    const names = await statements(async () => {
      answers = await Promise.all(
        forms.map(async ({ frame, attached, sealed }) => {
          const { status, body } = await frame.submit(attached, sealed)
          return { status, token: body.token }
        }),
      )
    })
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(new Set(answers.map(({ token }) => token)).size).toBe(forms.length)
    expect(names.filter((name) => name === 'mint').length).toBeLessThan(forms.length)
    for (const [index, { id }] of forms.entries()) {
      const { rows } = await db.query('select id from tokens where capture_id = $1', [id])
      expect(rows).toEqual([{ id: answers[index]?.token }])
    }
  })

  it('is not taken for a form that has gone to another window, whatever this process remembers', async () => {
    const { id, clientSecret, frame, attached, sealed } = await filledIn()
    // As another intake would: behind the back of the one that remembers.
    await db.query(
      `update captures set epoch = 2, sequence = sequence + 1, session_hash = sha256('x'),
         body = body || '{"epoch": 2}' || jsonb_build_object('sequence', sequence + 1) where id = $1`,
      [id],
    )
    const { status, body } = await frame.submit(attached, sealed)
    expect([status, body.code]).toEqual([401, 'auth.unauthenticated'])
    expect((await db.query('select from tokens where capture_id = $1', [id])).rowCount).toBe(0)
    expect(clientSecret).toMatch(/^cs_/)
  })

  it('nor where the other window’s progress went through this process, and the first one says that it is the newer', async () => {
    const { id, frame, attached } = await filledIn()
    const taken = { ...attached, epoch: attached.epoch + 1 }
    const other = { ...taken, session_secret: `ss_${'x'.repeat(43)}` }
    await db.query(
      `update captures set epoch = $2, sequence = sequence + 1, session_hash = sha256(convert_to($3, 'UTF8')),
         body = body || jsonb_build_object('epoch', $2::integer, 'sequence', sequence + 1) where id = $1`,
      [id, other.epoch, other.session_secret],
    )
    expect((await frame.progress(other, [{ kind: 'started', field: 'number' }])).status).toBe(200)
    const { status, body } = await frame.submit(taken, await frame.seal(taken, visa))
    expect([status, body.code]).toEqual([401, 'auth.unauthenticated'])
    expect((await db.query('select from tokens where capture_id = $1', [id])).rowCount).toBe(0)
    // Control: the window that has it is taken.
    expect((await frame.submit(other, await frame.seal(other, visa))).status).toBe(200)
  })

  it('is not taken once the time of its capture is over by the database, which nobody had told this process', async () => {
    const { id, frame, attached, sealed } = await filledIn()
    await db.query("update captures set expires_at = clock_timestamp() - interval '1 ms' where id = $1", [id])
    const { status, body } = await frame.submit(attached, sealed)
    expect([status, body.code]).toEqual([409, 'system.conflict'])
    expect((await db.query('select from tokens where capture_id = $1', [id])).rowCount).toBe(0)
  })
})

describe('tokens that are written together', () => {
  const row = (token: string) => ({ token }) as MintRow // of a row the stand-in below reads the name alone
  const refusal = Object.assign(new Error('the capture has changed'), { code: 'SP409' })
  /** A database that takes no row named bad, and counts. */
  const writer = (fails: (tokens: string[]) => Error | null): { write: WriteToken; asked: string[][] } => {
    const asked: string[][] = []
    const query = async ({ values }: { values: unknown[][] }): Promise<void> => {
      const tokens = values.flat().filter((value): value is string => typeof value === 'string')
      asked.push(tokens)
      await new Promise((resolve) => setTimeout(resolve, 5))
      const error = fails(tokens)
      if (error !== null) throw error
    }
    return { write: tokenWriter({ query } as unknown as pg.Pool), asked }
  }

  it('are tried one by one where the database refused one of them, and that one alone fails', async () => {
    const { write, asked } = writer((tokens) => (tokens.includes('bad') ? refusal : null))
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'bad', 'd'].map((token) => write(row(token))))
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    ])
    expect(asked).toEqual([['a'], ['b', 'c', 'bad', 'd'], ['b'], ['c'], ['bad'], ['d']])
  })

  it('are not tried again where the connection broke, for they may have been written', async () => {
    const { write, asked } = writer((tokens) => (tokens.includes('c') ? new Error('read ECONNRESET') : null))
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((token) => write(row(token))))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected'])
    expect(asked).toEqual([['a'], ['b', 'c', 'd']])
  })
})
