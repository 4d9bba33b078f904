/**
 * Ours and the peers, each as one question: does this text hold card data? A peer is asked for card numbers alone where it
 * has a setting for that, so that no phone number it masks is held against it.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as api from '../../detect/index.ts'
import { peersFolder } from '../peers.ts'

export interface Detector {
  name: string
  finds(text: string): boolean | Promise<boolean>
  /** Of a talk; without it, each message alone and all of them joined, whichever finds more. */
  findsInTurns?(turns: readonly { speaker: string; text: string }[]): boolean
}

export const ours: Detector = {
  name: 'sallyport',
  finds: (text) => api.detect(text).length > 0,
  findsInTurns: (turns) => {
    const guard = api.createGuard()
    const found = turns.map(
      ({ speaker, text }, turn) => guard.push(text, { turn, speaker, final: true }).findings.length,
    )
    return guard.flush().findings.length > 0 || found.some((count) => count > 0)
  },
}

/** What is used of each peer; their own types are not loaded, for they are installed when this runs. */
interface Peers {
  redactPii: { SyncRedactor: new (options: object) => { redact(text: string): string } }
  openRedaction: {
    OpenRedaction: new (options: object) => { detect(text: string): Promise<{ detections: unknown[] }> }
  }
  cardValidator: { number(value: string): { isValid: boolean } }
  cardRegex: () => RegExp
  cdssnc: { PiiSanitizer: new () => { detectPii(text: string): { pattern: string }[] } }
  arcjet: { redact(text: string, options: object): Promise<[string, unknown]> }
}

const notCards =
  'credentials emailAddress ipAddress names password phoneNumber streetAddress username usSocialSecurityNumber zipcode url digits'

export async function peers(): Promise<Detector[]> {
  const folder = await peersFolder()
  const load = createRequire(join(folder, 'package.json'))
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const arcjet = pathToFileURL(join(folder, 'node_modules', '@arcjet', 'redact', 'dist', 'index.js')).href
  // Sound: the shapes above are those of the pinned versions' documentation, and a wrong one fails at its first call.
  const of = {
    redactPii: load('redact-pii'),
    openRedaction: load('openredaction'),
    cardValidator: load('card-validator'),
    cardRegex: load('credit-card-regex'),
    cdssnc: load('@cdssnc/sanitize-pii'),
    arcjet: await import(arcjet),
  } as Peers
  const off = Object.fromEntries(notCards.split(' ').map((name) => [name, { enabled: false }]))
  const redactPii = new of.redactPii.SyncRedactor({ builtInRedactors: off })
  const openRedaction = new of.openRedaction.OpenRedaction({ patterns: ['CREDIT_CARD'] })
  const cdssnc = new of.cdssnc.PiiSanitizer()
  const pattern = of.cardRegex()
  const named = (name: string, finds: Detector['finds'], note = ''): Detector => ({
    name: `${name} ${dependencies[name]}${note}`,
    finds,
  })
  return [
    named(
      '@arcjet/redact',
      async (text) => (await of.arcjet.redact(text, { entities: ['credit-card-number'] }))[0] !== text,
    ),
    named('redact-pii', (text) => redactPii.redact(text) !== text),
    named('openredaction', async (text) => (await openRedaction.detect(text)).detections.length > 0),
    named(
      'card-validator',
      (text) => (text.match(/\d(?:[ -]?\d){11,18}/g) ?? []).some((run) => of.cardValidator.number(run).isValid),
      ', digit runs',
    ),
    named('credit-card-regex', (text) => {
      pattern.lastIndex = 0
      return pattern.test(text)
    }),
    named('@cdssnc/sanitize-pii', (text) => cdssnc.detectPii(text).some((found) => found.pattern === 'credit_card')),
  ]
}
