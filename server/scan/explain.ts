/**
 * Replays a text offline and says which rules fired, what each weighs and why. Every digit is shown as `#`, whatever its
 * script, so that an explanation can stand in a ticket.
 */
import { createGuard, type DetectOptions, type Finding, type Span } from '../../detect/index.ts'
import { ruleReasons } from '../../detect/rule-reasons.ts'
import { type RuleName, rules, thresholds } from '../../detect/rules.ts'

/**
 * @param messages of one speaker, in order, as `scan` reads the lines of a file.
 * @returns the messages with shapes in place of digits, then each finding with what counted for and against it.
 */
export function explain(messages: readonly string[], options: DetectOptions = {}): string {
  const guard = createGuard(options)
  const findings = messages.flatMap((text, turn) => guard.push(text, { turn, final: true }).findings)
  findings.push(...guard.flush().findings)
  const width = String(messages.length).length
  const spans = findings.flatMap((finding) => finding.spans)
  const lines = messages.map((text, turn) => {
    const own = spans.filter((span) => span.turn === turn)
    return `${String(turn + 1).padStart(width)} | ${shapes(text, own)}`
  })
  lines.push('')
  if (findings.length === 0) lines.push('No card data was found: no rule of a finding reached its threshold.')
  for (const finding of findings) lines.push(...explained(finding, options), '')
  const ruleset = findings[0]?.ruleset
  if (ruleset !== undefined) lines.push(`ruleset ${ruleset}`)
  return `${lines.join('\n').trimEnd()}\n`
}

/** Words stay, so that those that counted can be read; digits do not, nor the letters of a number that was spelled out. */
function shapes(text: string, spans: readonly Span[]): string {
  let shown = ''
  let from = 0
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    shown += withoutDigits(text.slice(from, Math.max(from, start)))
    shown += withoutDigits(text.slice(Math.max(from, start), end)).replaceAll(/\p{L}/gu, 'x')
    from = Math.max(from, end)
  }
  return shown + withoutDigits(text.slice(from))
}

const withoutDigits = (text: string): string => text.replaceAll(/\p{N}/gu, '#')

function explained({ kind, brand, spans, rule, reasons }: Finding, { channel = 'chat' }: DetectOptions): string[] {
  const where = spans.map(({ turn, start, end }) => `${turn + 1}:${start + 1}-${end}`).join(' and ')
  const counted = reasons.filter(isRule)
  const score = counted.reduce((sum, name) => sum + rules[name], 0)
  const lines = counted.map((name) => {
    const weight = rules[name]
    return `  ${String(weight > 0 ? `+${weight}` : weight).padStart(4)}  ${name.padEnd(16)}  ${ruleReasons[name]}`
  })
  const notes = reasons.filter((name) => !isRule(name)).map((name) => `        ${name}`)
  const needed = kind === 'pan' ? thresholds[channel] : thresholds.suspect
  const sum = counted.length === 0 ? [] : [`  ${String(score).padStart(4)}  in all; a finding needs ${needed}`]
  return [`${kind}${brand === undefined ? '' : ` (${brand})`}, ${where}: ${rule}`, ...lines, ...notes, ...sum]
}

const isRule = (name: string): name is RuleName => Object.hasOwn(rules, name)
