/** `sallyport keys`: the life of the keys that cards and credentials are sealed to. */
import type { Epoch, EpochPurpose, KeyStore } from '../keys/store.ts'
import { type Action, table } from './action.ts'
import { AdminError } from './deployment.ts'
import { destroyKey, type KeyRow, listKeys, makeKey, retireKey, suiteOf } from './key-epochs.ts'

export interface KeySources {
  /** The key store that the settings name. */
  store(): Promise<KeyStore>
}

const options = { purpose: { type: 'string' }, suite: { type: 'string' } } as const

function purposeOf(text: string | undefined): EpochPurpose {
  if (text === undefined || text === 'card') return 'card'
  if (text === 'credential') return 'credential'
  throw new AdminError('malformed', 'a key is for `card` or for `credential`')
}

async function wantedOf(
  store: KeyStore,
  option: (name: string) => string | undefined,
): Promise<Pick<Epoch, 'suite' | 'purpose'>> {
  const purpose = purposeOf(option('purpose'))
  const suite = option('suite') ?? (await suiteOf(store, purpose))
  if (suite !== 'x25519' && suite !== 'p256') throw new AdminError('malformed', 'a suite is `x25519` or `p256`')
  return { purpose, suite }
}

/** @param becomes what is said of the key that took what was sealed until now. */
const making =
  (store: KeySources['store'], then: 'open' | 'rotated', becomes: string): Action['run'] =>
  async ({ option }, admin) => {
    const opened = await store()
    const made = await makeKey(admin, opened, await wantedOf(opened, option), then)
    const before = made.before === null ? '' : `; ${made.before} ${becomes}`
    return { json: made, text: `${made.epoch} takes what is sealed from now on${before}` }
  }

/** In words: how much of a rotated key is moved, and how long the rest takes. */
function emptying({ rewrap, state }: KeyRow): string {
  if (rewrap === null || state !== 'rotated') return ''
  const refused = rewrap.refused === 0 ? '' : `, ${rewrap.refused} do not unwrap`
  if (rewrap.state === 'finished') return `${rewrap.moved} moved${refused}`
  if (rewrap.state === 'waiting') return `${rewrap.moved} moved${refused}; a last look follows`
  const left = rewrap.left === null ? '' : `, about ${rewrap.left} left`
  const time = rewrap.seconds_left === null ? '' : `, ${duration(rewrap.seconds_left)}`
  return `${Math.floor(rewrap.done * 100)} %${left}${time}${refused}`
}

const duration = (seconds: number): string =>
  seconds < 120
    ? `${seconds} s`
    : seconds < 7_200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3_600)} h`

export const keysActions = ({ store }: KeySources): readonly Action[] => [
  {
    name: 'list',
    takes: '',
    what: 'the keys, their states, how many records open with each alone, and how far a rotated one is emptied',
    async run(_input, admin) {
      const keys = await listKeys(admin, await store())
      // Columns that say nothing yet are left out.
      const more: [string, (row: KeyRow) => string][] = []
      if (keys.some((row) => row.end_by !== null)) more.push(['end by', (row) => row.end_by?.slice(0, 10) ?? ''])
      if (keys.some((row) => row.rewrap !== null)) more.push(['emptied', emptying])
      const head = ['key', 'purpose', 'suite', 'state', 'records', 'made', ...more.map(([name]) => name)]
      const rows = keys.map((row) => [
        ...[row.epoch, row.purpose, row.suite, row.state, String(row.records), row.created_at],
        ...more.map(([, cell]) => cell(row)),
      ])
      return { json: { keys }, text: table(head, rows) }
    },
  },
  {
    name: 'create',
    takes: '[--purpose card|credential] [--suite x25519|p256]',
    what: 'a key that takes what is sealed from now on; the one before stays open',
    options,
    run: making(store, 'open', 'opens what it has'),
  },
  {
    name: 'rotate',
    takes: '[--purpose card|credential] [--suite x25519|p256]',
    what: 'the same, and the key before is marked: it is to be emptied and retired',
    options,
    run: making(store, 'rotated', 'is rotated and is being emptied: retire it when it has no record left'),
  },
  {
    name: 'retire',
    takes: '<key>',
    what: 'takes a key out of use; refused while a record needs it',
    async run({ words: [epoch = ''] }, admin) {
      await retireKey(admin, epoch)
      return {
        json: { epoch, state: 'retired' },
        text: `${epoch} is retired: no record needs it, and it can be destroyed`,
      }
    },
  },
  {
    name: 'destroy',
    takes: '<key> [--again <key>]',
    what: 'ends a retired key; what was ever wrapped to it opens from no backup. Its id is typed twice',
    options: { again: { type: 'string' } },
    async run({ words: [epoch = ''], option }, admin) {
      await destroyKey(admin, await store(), epoch, option('again'))
      return { json: { epoch, state: 'destroyed' }, text: `${epoch} is destroyed` }
    },
  },
]
