/** Three parties' words side by side: what each kind of mismatch looks like, and that honest ones show none. */
import { describe, expect, test } from 'vitest'
import type { AuditFact } from '../audit/entries.ts'
import { type MatchInput, matchLogs, type ProcessorPayment } from './match.ts'
import { readPayments } from './processor-file.ts'
import type { PlacedEntry } from './read-entries.ts'

const minute = 60_000
let clock = 1_800_000_000_000
const at = (index: number, fact: AuditFact): PlacedEntry => {
  clock += 1_000
  return { index, entry: { v: 1, log: 'l', time: new Date(clock).toISOString(), ...fact } }
}
const log = (facts: readonly AuditFact[]): PlacedEntry[] => facts.map((fact, index) => at(index, fact))

const opened = (grant: string, charge: string, result: 'done' | 'failed' = 'done'): AuditFact[] => [
  { actor: 'egress', action: 'open', result: 'intent', grant, charge },
  { actor: 'egress', action: 'open', result, grant, charge },
]
const sent = (grant: string, charge: string, outcome = 'captured'): AuditFact[] => [
  { actor: 'egress', action: 'charge.sale', result: 'intent', charge, grant },
  { actor: 'egress', action: 'charge.settle', result: 'done', charge, reason: outcome },
]
const paid = (charge: string, id = `pay_${charge}`, status = 'captured'): ProcessorPayment => ({
  id,
  reference: charge,
  status,
})
const compare = (keyd: AuditFact[], vault: AuditFact[], payments: MatchInput['payments'] = null) =>
  matchLogs({ keyd: log(keyd), vault: log(vault), payments, youngMs: 0 })

const honestKeyd = [...opened('g1', 'c1'), ...opened('g2', 'c2'), ...opened('g3', 'c3', 'failed')]
const honestVault = [...sent('g1', 'c1'), ...sent('g2', 'c2', 'declined')]
const honestPayments = [paid('c1'), paid('c2', 'pay_2', 'declined')]

test('an honest deployment has no findings', () => {
  expect(compare(honestKeyd, honestVault, honestPayments)).toEqual({
    ...{ openings: 2, charges: 2, payments: 2, unsent: 0, young: 0, findings: [] },
  })
})

describe('a mismatch is listed with its charge and where it stands', () => {
  test.each([
    [
      'opening_without_charge',
      [...honestKeyd, ...opened('g9', 'c9')],
      honestVault,
      honestPayments,
      { grant: 'g9', charge: 'c9', log: 'keyd', index: 6 },
    ],
    [
      'opening_without_charge',
      [...honestKeyd, ...opened('g9', 'c1')],
      honestVault,
      honestPayments,
      { grant: 'g9', charge: 'c1' },
    ],
    [
      'charge_without_opening',
      honestKeyd,
      [...honestVault, ...sent('g9', 'c1')],
      honestPayments,
      { grant: 'g9', log: 'vault', index: 4 },
    ],
    [
      'opened_twice',
      [...honestKeyd, ...opened('g1', 'c1')],
      honestVault,
      honestPayments,
      { grant: 'g1', charge: 'c1' },
    ],
    ['charge_without_payment', honestKeyd, honestVault, [paid('c2', 'pay_2', 'declined')], { charge: 'c1' }],
    [
      'payment_without_charge',
      honestKeyd,
      honestVault,
      [...honestPayments, paid('c9')],
      { charge: 'c9', payment: 'pay_c9' },
    ],
    [
      'payment_without_opening',
      honestKeyd,
      honestVault,
      [...honestPayments, paid('c9')],
      { charge: 'c9', payment: 'pay_c9' },
    ],
    [
      'paid_twice',
      honestKeyd,
      honestVault,
      [...honestPayments, paid('c1', 'pay_again')],
      { charge: 'c1', payment: 'pay_again' },
    ],
  ] as const)('%s', (kind, keyd, vault, payments, rest) => {
    const { findings } = compare([...keyd], [...vault], [...payments])
    expect(findings).toContainEqual(expect.objectContaining({ kind, ...rest }))
    expect(compare(honestKeyd, honestVault, honestPayments).findings, 'control').toEqual([])
  })
})

test('an opening whose charge could not be sent has a line that says so', () => {
  const unsent: AuditFact = { actor: 'egress', action: 'charge.unsent', result: 'failed', charge: 'c4', grant: 'g4' }
  const keyd = [...honestKeyd, ...opened('g4', 'c4')]
  expect(compare(keyd, [...honestVault, unsent])).toMatchObject({ unsent: 1, findings: [] })
  expect(compare(keyd, honestVault)).toMatchObject({ unsent: 0, findings: [{ kind: 'opening_without_charge' }] })
})

test('entries from before the vault named grants are paired by charge, one with one', () => {
  const old: AuditFact = { actor: 'egress', action: 'charge.sale', result: 'intent', charge: 'c5' }
  expect(compare(opened('g5', 'c5'), [old]).findings).toEqual([])
  expect(compare([...opened('g5', 'c5'), ...opened('g6', 'c5')], [old]).findings).toMatchObject([
    { kind: 'opening_without_charge', grant: 'g6' },
  ])
  expect(compare([], [old]).findings).toMatchObject([{ kind: 'charge_without_opening', charge: 'c5' }])
})

test('what is still under way at the end of the logs is counted, not accused', () => {
  const input = { keyd: log(opened('g1', 'c1')), vault: [], payments: null }
  expect(matchLogs({ ...input, youngMs: minute })).toMatchObject({ young: 1, findings: [] })
  expect(matchLogs({ ...input, youngMs: 0 })).toMatchObject({
    young: 0,
    findings: [{ kind: 'opening_without_charge' }],
  })
})

describe('payments are read', () => {
  const [one, two] = [paid('c1'), paid('c2', 'pay_2', 'declined')]
  test.each([
    ['a list', JSON.stringify([one, two])],
    ['an answer of an API', JSON.stringify({ data: [one, two], count: 2 })],
    ['a document a line', `${JSON.stringify(one)}\n${JSON.stringify(two)}`],
    [
      'the sandbox processor’s books, where the last line of a payment counts',
      [{ ...one, status: 'authorized' }, one, two].map((payment) => JSON.stringify({ payment })).join('\n'),
    ],
    ['CSV', `id,Reference,amount,status\r\npay_c1,c1,"1,000",captured\r\n"pay_2","c2",5,declined\r\n`],
  ])('out of %s', (_name, text) => {
    expect(readPayments(text)).toEqual([one, two])
  })
  test.each([['[{"id":"x"}]'], ['id,status\n1,2'], ['nonsense'], ['[1]']])('and %s is refused, not guessed', (text) => {
    expect(() => readPayments(text)).toThrow('reference')
  })
})
