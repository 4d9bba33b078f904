/** `sallyport reconcile`: after a restore, compares every account with its processor, and says what came of it. */
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Command, UsageError, usageText } from '../command.ts'
import { progressLine } from '../restore/progress-line.ts'
import { connectAdmin } from './connect.ts'
import { type Admin, AdminError } from './deployment.ts'
import { readExport } from './processor-export.ts'
import {
  askToReconcile,
  type Finding,
  findingsOf,
  forceReconciled,
  openReconciliations,
  standingOf,
} from './reconcile.ts'

const print = (text: string): void => void process.stdout.write(`${text}\n`)

/** How long egress may leave an account that it was asked for. */
const patienceMs = 20_000
const lookEveryMs = 250

const kinds: Record<Finding['kind'], string> = {
  written: 'the ledger had forgotten it, and knows it again',
  moved: 'it has gone on since the backup, and the ledger has followed',
  over: 'it is more than its token was good for: look whether somebody paid twice',
  differs: 'the ledger is ahead of the processor, and was left as it is: look at both',
  token_gone:
    'its token was minted after the backup and is gone: nothing can be charged with it again, and the payment stands',
  no_token: 'the processor does not say with which token it was made, so no allowance could be taken back',
}

const failures: Record<string, string> = {
  no_list:
    'this processor has no list that we read: get an export of its payments since the backup, and give it with --export <file>',
  refused:
    'the processor refused the question: give the account its present credential (`sallyport admin account credential`), and ask again',
  unreachable: 'the processor does not answer: see whether it can be reached from here, and ask again',
  unreadable:
    'the processor answered with something that is not understood: ask again, or give an export with --export <file>',
  no_token:
    'payments of ours are there that name no token. Look at them; when you know that nothing is charged twice, lift it with --force --reason "…"',
}

export interface Outcome {
  account: string
  processor: string
  state: 'compared' | 'forced' | 'waits'
  looked: number
  why?: string
  findings: Finding[]
}

const options = {
  export: { type: 'string' },
  force: { type: 'boolean', default: false },
  reason: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

export const reconcile: Command = {
  usage: [
    [
      'reconcile [<account>] [--export <file>]',
      'after a restore: compare charges with the processors, and let them go on; 1 where one still waits',
    ],
    ['reconcile <account> --force --reason "…"', 'let them go on without; who forced it and why is kept'],
  ],
  async run(args) {
    let parsed: ReturnType<typeof parse>
    try {
      parsed = parse(args)
    } catch {
      throw new UsageError(`an option is unknown, or lacks its value\n\n${usageText([reconcile])}`)
    }
    const { values, positionals } = parsed
    const [only] = positionals
    if (positionals.length > 1 || ((values.force || values.export !== undefined) && only === undefined))
      throw new UsageError(`--force and --export are for one account; name it\n\n${usageText([reconcile])}`)
    const admin = await connectAdmin()
    const progress = progressLine()
    try {
      const open = (await openReconciliations(admin)).filter(({ account }) => only === undefined || account === only)
      const outcomes: Outcome[] = []
      for (const { account, processor } of open) {
        const known = { account, processor }
        if (values.force) {
          await forceReconciled(admin, account, values.reason ?? '')
          outcomes.push({ ...known, state: 'forced', looked: 0, findings: await findingsOf(admin, account) })
          continue
        }
        const payments = values.export === undefined ? null : readExport(readFileSync(values.export, 'utf8'))
        await askToReconcile(admin, account, payments)
        const ended = await untilEnd(admin, account, (looked) =>
          progress.count(`${account}: payments compared`, looked),
        )
        outcomes.push({ ...known, ...ended, findings: await findingsOf(admin, account) })
      }
      progress.end()
      if (outcomes.some(({ state }) => state === 'waits')) process.exitCode = 1
      print(values.json ? JSON.stringify({ accounts: outcomes }, null, 2) : inWords(outcomes))
    } finally {
      progress.end()
      await admin.close()
    }
  },
}

const parse = (args: string[]) => parseArgs({ args, options, allowPositionals: true, strict: true })

export async function untilEnd(
  admin: Admin,
  account: string,
  progress: (looked: number) => void,
): Promise<Pick<Outcome, 'state' | 'looked' | 'why'>> {
  let since = Date.now()
  for (let before = -1; ; ) {
    const { lifted, looked, failed, held } = await standingOf(admin, account)
    if (lifted) return { state: 'compared', looked }
    if (failed !== null)
      return { state: 'waits', looked, why: failures[failed] ?? 'it did not come to its end: ask again' }
    if (held || looked !== before) since = Date.now()
    before = looked
    if (Date.now() - since > patienceMs)
      throw new AdminError(
        'not_now',
        'egress, which compares, does not take it up: start the deployment with `sallyport start`, see `sallyport doctor`, and type this again',
      )
    progress(looked)
    await delay(lookEveryMs)
  }
}

/** One paragraph an account. */
export function inWords(outcomes: readonly Outcome[]): string {
  if (outcomes.length === 0) return 'Nothing waits: no restore, or all of it is reconciled.'
  return outcomes
    .map(({ account, processor, state, looked, why, findings }) => {
      const head = {
        compared: `${account} (${processor}): ${looked} payments compared; its charges go on.`,
        forced: `${account} (${processor}): forced; its charges go on.`,
        waits: `${account} (${processor}): its charges still wait: ${why}.`,
      }[state]
      const lines = findings.map(({ kind, charge, payment, amount_minor, currency, state: is, order }) =>
        [kind, charge, payment, `${amount_minor} ${currency}`, is, order].filter((one) => one !== null).join('  '),
      )
      const legend = [...new Set(findings.map(({ kind }) => kind))].map((kind) => `  ${kind}: ${kinds[kind]}`)
      return [head, ...lines.map((line) => `  ${line}`), ...legend].join('\n')
    })
    .join('\n\n')
}
