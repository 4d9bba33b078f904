/** A file of the form that is lost once on the way, as a test of one file each. */
import { expect } from '@playwright/test'
import { cards, fillCard } from '../testing/index.ts'
import { test } from './form-in-chat.ts'
import { begin, formOf } from './look.ts'

export function comesByItself(what: string, address: string | RegExp): void {
  test(`whose ${what} is lost once on the way comes by itself, and takes the card`, async ({ page, doors }) => {
    let lost = 0
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.route(address, async (route) => {
      lost += 1
      if (lost === 1) await route.abort('connectionreset')
      else await route.continue()
    })
    await page.goto(doors.host)
    const result = begin(page, doors.intake)
    await formOf(page, 20_000)
    await fillCard(page, cards.visa)
    expect(await result).toMatchObject({ ok: true, status: 'completed' })
    expect(asked.filter((path) => path.startsWith('/f/'))).toHaveLength(2)
    expect(doors.intake.opened).toHaveLength(1)
  })
}
