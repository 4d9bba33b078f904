import { find } from './dom.ts'
import { wouldUseForm } from './shop-server.ts'

/** What of the composer guard's script is used here; the page takes it by its tag, as a customer would. */
interface GuardScript {
  guardComposer(composer: Element, options: { onCard(): void; before: Element }): unknown
}

/** A card that is written into the chat is not sent; who chooses the form has the agent open it. Called again: a new talk. */
export function guardMessage(message: HTMLInputElement): void {
  // Sound: the script's own name on the window; where it did not come there is none.
  const { Sallyport } = globalThis as { Sallyport?: GuardScript }
  Sallyport?.guardComposer(message, {
    before: find('[data-composer]'),
    onCard: () => void wouldUseForm().catch(() => {}),
  })
}
