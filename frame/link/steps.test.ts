import { describe, expect, it } from 'vitest'
import type { LinkOpenAnswer, LinkPickAnswer } from '../../protocol/capture-http.ts'
import type { ErrorCode } from '../../protocol/errors.ts'
import { Refusal, Unreachable } from '../intake.ts'
import { makeSession, takeSecret } from './secret.ts'
import { Steps } from './steps.ts'

const opened: LinkOpenAnswer = {
  business: 'Harbour Rooms',
  purpose: 'pay',
  mode: 'sandbox',
  choices: ['a', 'b', 'c', 'd'],
}
const refusal = (code: ErrorCode, status = 410): Refusal => new Refusal(status, { code })
type Outcome = 'good' | Error

/** The page and intake, played by the test: each request takes the next outcome. */
function start(outcomes: { open?: Outcome[]; pick?: Outcome[]; online?: boolean }) {
  const asked: unknown[] = []
  const seen: unknown[] = []
  let again: () => void = () => {}
  const next = <T>(list: Outcome[] | undefined, answer: T): Promise<T> => {
    const outcome = list?.shift() ?? 'good'
    return outcome === 'good' ? Promise.resolve(answer) : Promise.reject(outcome)
  }
  const steps = new Steps({
    open: () => {
      asked.push('open')
      return next(outcomes.open, opened)
    },
    pick: (choice) => {
      asked.push(choice)
      return next(outcomes.pick, { capture_id: 'cap' } as LinkPickAnswer) // the one member that is looked at
    },
    view: {
      waiting: () => {},
      choices: ({ choices }) => seen.push(choices),
      notice: (word, retry) => {
        seen.push(word)
        again = retry
      },
      ended: (title) => seen.push(title),
    },
    attached: ({ capture_id: id }) => seen.push(id),
    wait: async () => {},
    isOnline: () => outcomes.online ?? true,
  })
  return { steps, asked, seen, again: () => again() }
}

describe('the steps of a link', () => {
  it('are a tap, four phrases, a pick and the form; nothing is asked before the tap', async () => {
    const { steps, asked, seen } = start({})
    await steps.pick(1)
    expect(asked).toEqual([])
    await steps.tap()
    await steps.tap()
    await steps.pick(2)
    await steps.pick(3)
    expect(asked).toEqual(['open', 2])
    expect(seen).toEqual([['a', 'b', 'c', 'd'], 'cap'])
  })

  it('end with a link that is over, and with a wrong pick, each in its own words', async () => {
    const over = start({ open: [refusal('channel.link_expired')] })
    await over.steps.tap()
    await over.steps.tap()
    expect([over.seen, over.asked]).toEqual([['link_over'], ['open']])
    const wrong = start({ pick: [refusal('channel.wrong_person', 403)] })
    await wrong.steps.tap()
    await wrong.steps.pick(null)
    await wrong.steps.pick(1)
    expect(wrong.seen.at(-1)).toBe('link_wrong')
    expect(wrong.asked).toEqual(['open', null])
  })

  it('send again what was lost, as it was: another choice is no second try', async () => {
    const { steps, asked, seen, again } = start({ pick: [1, 2, 3].map(() => new Unreachable('no answer')) })
    await steps.tap()
    await steps.pick(0)
    expect(seen.at(-1)).toBe('link_lost')
    await steps.pick(3)
    expect(asked).toEqual(['open', 0, 0, 0, 0])
    expect(seen.at(-1)).toBe('cap')
    again()
    expect(asked).toHaveLength(5)
  })

  it('wait for the person after three losses, and go on from there', async () => {
    const { steps, asked, seen, again } = start({ open: [1, 2, 3].map(() => new Unreachable('no')), online: false })
    await steps.tap()
    expect(seen).toEqual(['link_offline'])
    again()
    await new Promise((resolve) => setTimeout(resolve))
    expect(seen.at(-1)).toEqual(['a', 'b', 'c', 'd'])
    expect(asked).toHaveLength(4)
  })

  it('do not knock on at a door that says wait', async () => {
    const { steps, asked, seen } = start({ open: [refusal('request.rate_limited', 429)] })
    await steps.tap()
    expect([asked, seen]).toEqual([['open'], ['link_wait']])
  })

  it('say that the service is away, where it is', async () => {
    const { steps, seen } = start({ open: [1, 2, 3].map(() => new Refusal(503, null)) })
    await steps.tap()
    expect(seen).toEqual(['link_trouble'])
  })

  it('take one press at a time', async () => {
    const { steps, asked } = start({})
    await Promise.all([steps.tap(), steps.tap(), steps.tap()])
    expect(asked).toEqual(['open'])
  })
})

describe("a link's secret", () => {
  const place = (hash: string) => {
    const addresses: string[] = []
    const found = takeSecret({
      location: { hash, pathname: '/l' },
      history: { replaceState: (_data, _unused, url) => void addresses.push(url) },
    })
    return { found, addresses }
  }
  it('is taken out of the address, whatever stands there', () => {
    const secret = 'aB3_-aB3_-aB3_-aB3_-aB'
    expect(place(`#${secret}`)).toEqual({ found: secret, addresses: ['/l'] })
    for (const hash of ['', '#', `#${secret}x`, `#${secret.slice(1)}`, '#<script>', `#${secret}#${secret}`])
      expect(place(hash)).toEqual({ found: null, addresses: ['/l'] })
  })
  it('is claimed by the hash of a session that is another each time', async () => {
    const [one, other] = [await makeSession(crypto), await makeSession(crypto)]
    expect(one.secret).toMatch(/^ss_[A-Za-z0-9_-]{43}$/)
    expect(one.claim).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(one.secret).not.toBe(other.secret)
    expect(one.claim).not.toBe(other.claim)
  })
})
