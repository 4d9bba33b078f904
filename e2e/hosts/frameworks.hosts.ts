/** React, Vue and Svelte, as built for production: to a token, through changes of route, under Trusted Types. */
import { ChatPage, cards, expect, test } from './chat-page.ts'

for (const example of ['react', 'vue', 'svelte'] as const) {
  test.describe(example, () => {
    test(`${example}: a card becomes a token, the page sees no digit of it, and the talk goes on`, async ({
      page,
      hosts,
    }) => {
      const chat = await ChatPage.open(page, hosts, example)
      const hint = page.getByText('visa ending in 4242', { exact: true })
      // By its name, from a listener in the framework's own way; gone when the form's receipt says it.
      await chat.paysInTalk(() => expect(hint).toBeVisible())
      await expect(hint).toHaveCount(0)
      expect(await chat.capture()).toMatchObject({
        state: 'completed',
        token: { id: expect.stringMatching(/^tok_test_/) },
      })
      expect(await chat.leaks(cards.visa.number)).toEqual([])
      expect(chat.seen.violations).toEqual([])
    })

    test(`${example}: the form that a change of route took away is there again, for the same capture`, async ({
      page,
      hosts,
    }) => {
      const chat = await ChatPage.open(page, hosts, example)
      const first = await chat.toForm()
      await page.getByRole('link', { name: 'The room' }).click()
      await expect(page.getByRole('heading', { name: 'Lantern Room' })).toBeVisible()
      await expect.poll(() => first.isDetached()).toBe(true)
      await page.getByRole('link', { name: 'Chat' }).click()
      await chat.pays()
      await chat.hears('The card ending in 4242 paid €80')
      expect((await chat.capture()).state).toBe('completed')
      expect(chat.seen.violations).toEqual([])
    })

    test(`${example}: "Not now", and a declined card, lead to another form in the same talk`, async ({
      page,
      hosts,
    }) => {
      const chat = await ChatPage.open(page, hosts, example)
      const first = await chat.toForm()
      await first.getByRole('button', { name: 'Not now' }).click()
      await chat.hears('No hurry')
      await chat.toForm()
      await chat.pays(cards.declined)
      await chat.hears('said no to the card ending in 0002')
      await chat.toForm()
      await chat.pays()
      await chat.hears('The card ending in 4242 paid €80')
    })
  })
}

test('react: StrictMode, which runs every effect twice, shows one form that takes the card', async ({
  page,
  hosts,
}) => {
  const chat = await ChatPage.open(page, hosts, 'react-development')
  await chat.toForm()
  await page.getByRole('link', { name: 'The room' }).click()
  await page.getByRole('link', { name: 'Chat' }).click()
  await chat.pays()
  await chat.hears('The card ending in 4242 paid €80')
  expect(page.frames().filter((frame) => frame.url().startsWith(hosts.capture))).toHaveLength(1)
  expect(chat.seen.violations).toEqual([])
  // React says there what it does not like.
  expect(chat.seen.printed.filter((line) => /warning|error|invalid/i.test(line))).toEqual([])
})
