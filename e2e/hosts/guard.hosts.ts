/** The composer guard in frameworks and in real chats: told of nothing but the page, it finds the composer and stops a card. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ChatPage, cards, expect, test } from './chat-page.ts'
import type { Example } from './composers.ts'

const script = readFileSync(join(import.meta.dirname, '..', '..', 'dist', 'widget', 'sallyport-guard.js'), 'utf8')
const examples: readonly Example[] = ['react', 'vue', 'svelte', 'deep-chat', 'webchat', 'chatscope', 'assistant-ui']
const spaced = cards.visa.number.replace(/(.{4})(?=.)/g, '$1 ')

// The script is put into pages that did not ask for it; that it works under a strict policy is shown in composer-guard.spec.ts.
test.use({ bypassCSP: true })

for (const example of examples) {
  test(`${example}: a card that is written into the chat reaches nobody, and the rest of the message goes on`, async ({
    page,
    hosts,
  }) => {
    const chat = await ChatPage.open(page, hosts, example)
    await page.addScriptTag({ type: 'module', content: script })
    await page.evaluate(() => window.Sallyport?.guardComposer(document.body))
    await chat.say(`my card is ${spaced}`)
    await expect(page.locator('sallyport-notice')).toContainText('This looks like a card number')
    await page.locator('sallyport-notice button', { hasText: 'Take the number out' }).click()
    await expect(page.locator('sallyport-notice [role=status]')).toBeVisible()
    await page.keyboard.press('Enter')
    await chat.hears('my card is ••••')
    await chat.hears('Say “pay” to book the room')
    expect(await chat.leaks(cards.visa.number)).toEqual([])
    // A message like any other, and the guard is not in its way.
    await chat.say('When is breakfast?')
    await chat.hears('When is breakfast?')
  })
}
