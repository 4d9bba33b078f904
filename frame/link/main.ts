/**
 * collect, elsewhere: the page of a link, on its own. The secret leaves the address first; then nothing happens until
 * a person taps. After the pick the form of the frame runs here, without a host.
 */
import type { LinkPickAnswer } from '../../protocol/capture-http.ts'
import { canSeal } from '../../crypto/hpke-web.ts'
import { CaptureForm } from '../capture.ts'
import { dress } from '../dress.ts'
import { Host } from '../host.ts'
import * as intake from '../intake.ts'
import { isOnline } from '../refusals.ts'
import { wait } from '../clock.ts'
import { pageWords, voiceFor } from '../words/say.ts'
import { GatePage } from './page.ts'
import { makeSession, takeSecret } from './secret.ts'
import { Steps } from './steps.ts'

const secret = takeSecret(window)
// No host says how the page is to look: the system does.
const dark = matchMedia('(prefers-color-scheme: dark)')
const wear = (): unknown =>
  dress(document, { colorScheme: dark.matches ? 'dark' : 'light', preset: 'bubble', theme: {} })
wear()
dark.addEventListener('change', wear)
// A further link in the same tab changes the address alone.
addEventListener('hashchange', () => location.reload())
// What was left is not gone back to: the session has ended with the leaving.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})

const spoken = pageWords(document)
const voice = voiceFor(spoken, navigator.language)
const page = new GatePage(document, voice, {
  tap: () => void steps?.tap(),
  pick: (choice) => void steps?.pick(choice),
})
let steps: Steps | null = null

async function begin(link: string): Promise<void> {
  // Before the link is used up.
  if (!(await canSeal())) return page.ended('link_browser', 'link_browser_more')
  const session = await makeSession(crypto)
  steps = new Steps({
    open: () => intake.openLink(link, { v: 1, claim: session.claim }),
    pick: (choice) => intake.pickPhrase(session.secret, { v: 1, choice, lang: spoken.lang }),
    view: page,
    attached: (answer) => show(answer),
    wait,
    isOnline,
  })
  page.ready()
}

function show(attached: LinkPickAnswer): void {
  page.attached()
  const host = new Host()
  // No page embeds this one; what would be told to it says when the form is over.
  host.bind({
    postMessage: (event) => {
      // Sound: what `Host` sends are frame events.
      const { t, fatal } = event as { t: string; fatal?: boolean }
      if (t === 'complete' || t === 'canceled' || fatal === true) page.closed()
    },
  })
  const form = new CaptureForm({ document, host, channel: 'link', ancestors: [], attached, measure: () => {} })
  addEventListener('pagehide', () => form.detach())
  form.open({ captureId: attached.capture_id, clientSecret: attached.session_secret })
}

if (secret === null) page.ended('link_bare', 'link_bare_more')
else void begin(secret)
