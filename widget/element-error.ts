import { SallyportError } from '../protocol/errors.ts'

/**
 * What the element tells its page. Never `retryable`: a page that is told to try again by whatever took the frame away
 * would give it another card. What comes next is the agent's to say, who hears it from the server.
 */
export class ElementError extends SallyportError {
  override get retryable(): boolean {
    return false
  }
}
