/** The table of docs/troubleshooting.md: each sentence that it quotes is one that the product says, made here where it is made. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { WrongSchema } from '../database/schema-check.ts'
import { KeyStoreError } from '../keys/store.ts'
import { root } from '../root.ts'

const page = readFileSync(join(root, 'docs', 'troubleshooting.md'), 'utf8')
const rows = page
  .slice(page.indexOf('## The deployment'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| state') && !line.startsWith('| ---'))
  .map((line) => line.slice(2, -2).split(' | '))

/** What is said, where it is said, and the test that brings the state about and sees it. */
const states: Record<string, { says: string[]; file?: string; shown: string }> = {
  'a key file is damaged': {
    says: [new KeyStoreError('unreadable').message],
    shown: 'server/tenants/live-start.test.ts: does not start with a damaged key file, which it names',
  },
  'the passphrase is wrong': {
    says: [new KeyStoreError('wrong_passphrase').message],
    shown:
      'server/keys/sealing.test.ts: opens with its passphrase and with no other; each refusal is a sentence that says what to do',
  },
  "the HSM's module is not there": {
    says: [new KeyStoreError('hsm_module').message],
    shown: 'server/keys/pkcs11.test.ts: a module that is missing says what to install',
  },
  'the HSM is away, or not this one': {
    says: [new KeyStoreError('hsm_token').message, new KeyStoreError('hsm_away').message],
    shown:
      'server/keys/pkcs11.test.ts: refuses a wrong PIN, a token that it has not, and a token that was not made ready, each in a sentence',
  },
  'the disk is nearly full': {
    says: ['what was held in reserve is given back: make room now', 'there is room on the disk of'],
    file: 'server/supervisor/reserve.ts',
    shown: 'server/supervisor/reserve.test.ts: room is held while there is plenty',
  },
  'the disk is full': {
    says: ['is full: nothing is stored or charged until there is room, and nothing is lost; make room'],
    file: 'server/supervisor/reserve.ts',
    shown: 'server/supervisor/full-disk.soak.ts: a full disk answers 503, heals when there is room, and loses nothing',
  },
  'a database without the schema': {
    says: [new WrongSchema('vault', 'SALLYPORT_NO_SCHEMA').message.replace('the vault database ', '')],
    shown:
      'server/database/forward.test.ts: a start on a Postgres whose schema is missing says so before any process begins',
  },
  'a database of an earlier version': {
    says: new WrongSchema('vault', 'SALLYPORT_SCHEMA_TOO_OLD').message.replace('the vault database ', '').split('; '),
    shown:
      'server/database/forward.test.ts: is too old for one that knows a further file, and the sentence says what to run',
  },
  'a grant in the database is wider than the design': {
    says: ['somebody changed grants by hand: take them back, and look through the audit log of that time'],
    file: 'server/doctor/databases.ts',
    shown: 'server/doctor/doctor.test.ts: names a grant that is too wide',
  },
  'a record of a later version': {
    says: ['record.unknown_version'],
    file: 'server/egress/charge.ts',
    shown:
      'server/egress/charge.test.ts: is an error to try again, decides nothing about the charge, and opens once this version knows it',
  },
  "the machine's clock jumped back": {
    says: ['keyd has seen a grant of the future: its clock went back'],
    file: 'server/doctor/databases.ts',
    shown: 'server/keyd/open.test.ts: is refused while the clock of keyd is behind a grant that it has seen',
  },
}

describe('the states of a deployment, in docs/troubleshooting.md', () => {
  test('are those that are tested, each with what to do and what comes after', () => {
    expect(rows.map(([state]) => state)).toEqual(Object.keys(states))
    for (const [state = '', ...cells] of rows) {
      expect(cells, state).toHaveLength(3)
      for (const cell of cells) expect(cell.length, state).toBeGreaterThan(2)
    }
  })

  test.each(Object.entries(states))('%s: the page says what the product says', (state, { says, file, shown }) => {
    const row = rows.find(([name]) => name === state)?.join(' | ') ?? ''
    for (const sentence of says) {
      expect(row).toContain(sentence)
      if (file !== undefined) expect(readFileSync(join(root, file), 'utf8')).toContain(sentence)
    }
    const [test = '', title = ''] = shown.split(': ', 2)
    expect(readFileSync(join(root, test), 'utf8')).toContain(title)
  })

  test('a sentence that nobody says is seen (control)', () => {
    expect(rows.join(' ')).not.toContain(new KeyStoreError('exists').message)
  })
})
