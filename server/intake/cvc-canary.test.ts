import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { cvcCanaryBytes, decodeCard, encodeCard } from '../../crypto/card-bytes.ts'
import { Pan } from '../../crypto/pan.ts'
import type { IntakeConfig } from '../config.ts'
import { initHome } from '../init/init.ts'
import { readSettings } from '../settings.ts'
import { makePlan } from '../supervisor/plan.ts'
import { startIntake } from './start.ts'

/** A card whose code is these bytes, as `e2e/leaks` seals it: the frame's own encoder takes digits alone. */
function cardWith(code: Uint8Array): Uint8Array {
  const card = encodeCard({ number: new Pan(Buffer.from('4242424242424242')), expMonth: 12, expYear: 2040 })
  return Buffer.concat([card, Buffer.from([5, 0, code.length]), code])
}

describe('24 bytes in the place of a code', () => {
  const canary = randomBytes(cvcCanaryBytes)

  test('are taken where the setting asks for it, and refused without', () => {
    expect(decodeCard(cardWith(canary), { cvcCanary: true }).cvc?.length).toBe(cvcCanaryBytes)
    expect(() => decodeCard(cardWith(canary))).toThrow(RangeError)
    expect(() => decodeCard(cardWith(randomBytes(23)), { cvcCanary: true })).toThrow(RangeError)
  })

  test('are refused in live mode by intake and by the plan of its deployment', async () => {
    // Sound: it looks at these two before anything else.
    const config = { mode: 'live', cvc_canary: true } as IntakeConfig
    await expect(startIntake(config)).rejects.toThrow('sandbox')

    const folder = mkdtempSync(join(tmpdir(), 'sp-'))
    try {
      const home = await initHome(folder, 'live', null, Buffer.from('a passphrase of this test'))
      const urls = { gateway: '', intake: '', egress: '', keyd: '', keeper: '' }
      const settings = readSettings({ SALLYPORT_CVC_CANARY: '1' })
      expect(() => makePlan(home, settings, urls)).toThrow('SALLYPORT_CVC_CANARY')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
