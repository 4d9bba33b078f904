/**
 * Tokens for tests, made the real way: a capture at intake, completed with one of the published test cards, so that
 * mandate, records, CVC key and allowance are what they would be.
 */
import type { CreateCaptureRequest } from '../../protocol/agent-http.ts'
import { captureAnswer } from '../../protocol/agent-http.ts'
import type { TestVault } from './vault.ts'

export type TestCard = 'visa' | 'mastercard' | 'amex' | 'declined' | 'insufficient_funds' | 'challenge'

export interface TestToken {
  token: string
  captureId: string
}

/** Without a mandate: one use, up to 500.00 EUR. */
export async function mintToken(
  vault: TestVault,
  card: TestCard = 'visa',
  request: Partial<CreateCaptureRequest> = {},
): Promise<TestToken> {
  const mandate = { uses: 1, amount_max_minor: 50_000, currency: 'EUR' }
  const { id } = await vault.createCapture({ mandate, ...request })
  const answer = await vault.asGateway('POST', `/test/captures/${id}/complete`, { tenant: vault.tenant.tenant, card })
  // Sound: the shape is parsed in the same line.
  const { capture } = answer as { capture: unknown }
  const { token } = captureAnswer.parse(capture)
  if (token === undefined) throw new Error('the test card was not taken')
  return { token: token.id, captureId: id }
}
