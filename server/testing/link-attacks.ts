/**
 * What somebody does with a link that is not theirs, and what it gets them where the vault lacks the defence: its own
 * functions, with one condition taken out. Called by link.test.ts, whose vault it uses.
 */
import type pg from 'pg'
import { describe, expect, it } from 'vitest'
import { phraseFrom } from '../phrases.ts'
import { attackReport } from './attack-report.ts'
import { TestFrame } from './frame.ts'
import { TestLink } from './link.ts'
import type { TestVault } from './vault.ts'

export interface Ground {
  vault(): TestVault
  db(): pg.Pool
  /** A capture and its link; `link` is the customer's own browser. */
  linked(): Promise<{ id: string; clientSecret: string; secret: string; link: TestLink }>
  rightOf(choices: readonly string[]): number
  typesOf(id: string): Promise<string[]>
}

const report = attackReport('The link channel')

/** A function of the vault with other lines. One that is not there any more fails, so that no control becomes a copy. */
async function without(db: pg.Pool, name: string, edits: [take: string, put: string][], run: () => Promise<void>) {
  const { rows } = await db.query<{ own: string }>('select pg_get_functiondef($1::regproc) as own', [name])
  const own = rows[0]?.own ?? ''
  const weak = edits.reduce((text, [take, put]) => {
    if (!text.includes(take)) throw new Error(`${name} does not say: ${take}`)
    return text.replace(take, () => put)
  }, own)
  await db.query(weak)
  try {
    await run()
  } finally {
    await db.query(own)
  }
}

export function linkAttacks({ vault, db, linked, rightOf, typesOf }: Ground): void {
  const somebody = (): TestLink => new TestLink(vault().intakeUrl)

  describe('attacks on a link', () => {
    it('attached twice: by whoever has the link and the phrase, after the customer', async () => {
      const attachesToo = async () => {
        const { id, secret, link } = await linked()
        const right = rightOf((await link.open(secret)).body.choices)
        const held = (await link.pick(right)).body
        const thief = somebody()
        const opened = await thief.open(secret)
        const stolen = await thief.pick(opened.status === 200 ? rightOf(opened.body.choices) : right)
        const goesOn = await new TestFrame(vault().intakeUrl, id).progress(held, [{ kind: 'started', field: 'number' }])
        return { opened, stolen, goesOn }
      }
      const { opened, stolen, goesOn } = await attachesToo()
      expect([opened.body.code, stolen.body.code]).toEqual(['channel.link_expired', 'channel.link_expired'])
      expect(JSON.stringify([opened.body, stolen.body])).not.toMatch(/Harbour|8000|[a-z]+ lantern/)
      expect(goesOn.status).toBe(200)

      const often: [string, string][] = [
        ['(l.claim_hash is null or l.claim_hash = p_claim_hash) and l.picked is null', 'true'],
        ['set claim_hash = p_claim_hash,', 'set claim_hash = p_claim_hash, picked = null,'],
      ]
      await without(db(), 'link_open', often, async () => {
        const weak = await attachesToo()
        expect(weak.stolen).toMatchObject({ status: 200, body: { epoch: 2, amount: { amount_minor: 8000 } } })
        expect(weak.goesOn.status).toBe(401)
      })
      report.row({
        attack: 'The link is opened again, and the phrase picked, by somebody else',
        had: 'The link and the phrase, read over the shoulder of the customer who has opened it',
        defended:
          'It is over, as one that never was; who asks, what for and the amount are not told, and the customer types on.',
        undefended:
          'Where a link opens as often as it is tapped, the second one has the form and the amount, and the customer is put out.',
      })
    })

    it('picked by somebody who does not see the chat: one wrong phrase, and it is over', async () => {
      const triesAll = async () => {
        const { id, secret } = await linked()
        const thief = somebody()
        const right = rightOf((await thief.open(secret)).body.choices)
        const wrongFirst = [0, 1, 2, 3].sort((a, b) => Number(a === right) - Number(b === right))
        const answers = []
        for (const choice of wrongFirst) answers.push(await thief.pick(choice))
        return { id, answers }
      }
      const { id, answers } = await triesAll()
      expect(answers.map(({ body }) => body.code)).toEqual([
        'channel.wrong_person',
        ...Array(3).fill('channel.link_expired'),
      ])
      expect(JSON.stringify(answers)).not.toContain('8000')
      expect((await typesOf(id)).filter((type) => type === 'capture.shield.failed')).toHaveLength(1)

      const again: [string, string][] = [
        ['set picked = p_choice', 'set picked = case when l.answer = p_choice then p_choice end'],
      ]
      await without(db(), 'link_pick', again, async () => {
        const weak = await triesAll()
        expect(weak.answers.at(-1)).toMatchObject({ status: 200, body: { amount: { amount_minor: 8000 } } })
      })
      report.row({
        attack: 'Somebody picks one phrase after the other',
        had: 'The link before the customer used it, and no sight of the chat',
        defended:
          'The first wrong one ends the link; nothing of the form was shown, and the agent hears that the wrong person had it.',
        undefended: 'Where a pick may be tried again, the fourth at the latest opens the form.',
      })
    })

    it('sent to somebody else: the phrase of their own chat is not there, and "none of these" ends it', async () => {
      /** Whoever waits for the link of their own chat picks its phrase, or says that it is not there. */
      const ownPhrase = phraseFrom(Uint8Array.of(7, 7))
      const isSent = async (pick: (ownAt: number) => number | null) => {
        const phished = await linked()
        const victim = somebody()
        const { choices } = (await victim.open(phished.secret)).body
        expect(choices[rightOf(choices)]).not.toBe(ownPhrase)
        return { id: phished.id, answer: await victim.pick(pick(choices.indexOf(ownPhrase))) }
      }
      const { id, answer } = await isSent((ownAt) => (ownAt === -1 ? null : ownAt))
      expect(answer.body.code).toBe('channel.wrong_person')
      expect(JSON.stringify(answer.body)).not.toContain('8000')
      expect((await typesOf(id)).filter((type) => type === 'capture.shield.failed')).toHaveLength(1)

      // The control: the first one is right, whatever it says, as where a page asks for a tap alone.
      await without(db(), 'link_pick', [['v_link.answer = p_choice', 'true']], () =>
        without(db(), 'link_claimed', [['l.answer, l.picked', '0::smallint, l.picked']], async () => {
          const weak = await isSent(() => 0)
          expect(weak.answer).toMatchObject({ status: 200, body: { amount: { amount_minor: 8000 } } })
        }),
      )
      report.row({
        attack: 'A customer is sent the link of somebody else’s capture',
        had: 'A capture and a link of the attacker’s own, and a customer who waits for one',
        defended:
          'None of the four phrases is that of the customer’s chat: who says so ends the link, and the agent hears that the wrong person had it.',
        undefended: 'Where the page asks for no phrase, the form of the other capture opens, with its amount.',
      })
    })

    it('guessed: refused in one way, and made to wait', async () => {
      const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_']
      /** From a few addresses, as many as the door lets through. */
      const guesses = async (secrets: string[], near: string) => {
        const answers = []
        for (const [n, secret] of secrets.entries()) {
          const from = `${near}.${Math.floor(n / 15)}`
          answers.push(await new TestLink(vault().intakeUrl, undefined, from).open(secret))
        }
        return answers
      }
      const { secret } = await linked()
      const others = letters.map((letter) => secret.replace(/^.{2}/, letter + letter)).filter((one) => one !== secret)
      const refused = await guesses(others, '198.19.7')
      expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(
        new Set(['410 channel.link_expired']),
      )
      // The control: the same guesser, where all but one letter of the 128 bits is known.
      const found = await guesses(
        letters.map((letter) => secret.slice(0, 21) + letter),
        '198.19.8',
      )
      expect(found.filter(({ status }) => status === 200)).toHaveLength(1)
      report.row({
        attack: 'The secret of a link is guessed, from several addresses',
        had: 'The capture origin, and the knowledge that a link is out',
        defended:
          'Each of sixty-four guesses is refused as a link that is over; one address is told to wait after twenty.',
        undefended: 'Where all but six of its 128 bits are known, the same guesses open it.',
      })
    })
  })
}
