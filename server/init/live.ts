/**
 * What a live deployment refuses to be made or started with. Each refusal is a sentence that names the setting and what
 * to do; all are said at once, so that nobody finds them one by one.
 */
import type { Settings } from '../settings.ts'

const isHttps = (url: string): boolean => new URL(url).protocol === 'https:'

export function liveRefusals(settings: Settings): string[] {
  const { urls, given } = settings
  const rules: readonly (readonly [refused: boolean, sentence: string])[] = [
    [
      !isHttps(urls.gateway),
      'SALLYPORT_GATEWAY_URL must be the https address at which agents reach the gateway; by http their keys can be read on the way.',
    ],
    [
      !isHttps(urls.capture),
      'SALLYPORT_INTAKE_URL must be the https address of the capture origin; browsers seal cards on https pages alone.',
    ],
    [
      isHttps(urls.capture) && urls.capture === urls.gateway,
      'SALLYPORT_INTAKE_URL and SALLYPORT_GATEWAY_URL must differ; the card form is safe from other pages because it has an origin of its own.',
    ],
    [given.has('SALLYPORT_DEMO') && settings.demo, 'SALLYPORT_DEMO=1: the demo is for a sandbox; take it away.'],
    [
      settings.origins.length > 0,
      'SALLYPORT_ORIGINS is for the test tenant of a sandbox; add origins with `sallyport tenant origins add`.',
    ],
    [
      settings.anyPan,
      'SALLYPORT_ANY_PAN is for a sandbox; a live deployment takes every real card and no test number.',
    ],
    [settings.cvcCanary, 'SALLYPORT_CVC_CANARY is for tests in a sandbox; take it away.'],
    [
      settings.keysPassphrase === null,
      'SALLYPORT_KEYS_PASSPHRASE_FROM must say where the passphrase of the key store is, file:/… (mode 0600) or fd:…; without one whoever copies the disk has every card.',
    ],
    [
      !settings.durable,
      'SALLYPORT_DURABLE=0 would lose charges in a power failure; take it away, so that the database waits for the disk.',
    ],
  ]
  return rules.filter(([refused]) => refused).map(([, sentence]) => sentence)
}

/** Throws all of it in one error. */
export function assertLiveSettings(settings: Settings): void {
  const refusals = liveRefusals(settings)
  if (refusals.length > 0)
    throw new Error(`This is not for live mode:\n${refusals.map((line) => `- ${line}`).join('\n')}`)
}
