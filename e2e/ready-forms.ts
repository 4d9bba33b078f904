/** Forms that were ready, ten at a time, and what is left of them when they are taken away. */
import { expect } from '@playwright/test'
import { test } from './form-in-chat.ts'

/** @param count forms, a multiple of ten */
export function everyPortCloses(count: number): void {
  test(`complaint 9: has every port closed and every frame gone after ${count} forms that were ready`, async ({
    page,
    doors,
  }) => {
    test.slow()
    await page.addInitScript(() => {
      if (location.pathname.startsWith('/f/')) return
      const open = new Set<MessagePort>()
      const Channel = MessageChannel
      window.MessageChannel = class extends Channel {
        constructor() {
          super()
          open.add(this.port1)
        }
      }
      const close = MessagePort.prototype.close
      MessagePort.prototype.close = function () {
        open.delete(this)
        close.call(this)
      }
      Object.assign(window, { openPorts: () => open.size })
    })
    await page.goto(doors.host)
    const ports = () => page.evaluate(() => (window as unknown as { openPorts(): number }).openPorts())
    const most = await page.evaluate(async (rounds) => {
      let most = 0
      window.element.remove()
      for (let round = 0; round < rounds; round += 1) {
        const forms = Array.from({ length: 10 }, () => window.element.cloneNode() as typeof window.element)
        window.place.append(...forms)
        await Promise.all(forms.map((form) => form.preload()))
        most = Math.max(most, (window as unknown as { openPorts(): number }).openPorts())
        for (const form of forms) form.remove()
      }
      return most
    }, count / 10)
    // The control: each form that is ready has a port.
    expect(most).toBe(10)
    expect(await ports()).toBe(0)
    await expect.poll(() => page.frames().length).toBe(1)
  })
}
