/** A capture as its tenant may see it; another tenant's does not exist. */
import { captureId as captureIdShape, type CaptureAnswer } from '../../protocol/agent-http.ts'
import type { Capture } from '../../protocol/capture.ts'
import { SallyportError } from '../../protocol/errors.ts'
import type { Intake } from './context.ts'
import { parse } from './shapes.ts'
import { readCapture, type StoredCapture } from './store.ts'

export const toAnswer = (capture: Capture, metadata: Record<string, string> | null): CaptureAnswer => {
  const {
    tenant: _tenant,
    mandate: _mandate,
    token_in: _in,
    charge_id: _charge,
    attempts: _attempts,
    attached: _attached,
    locale: _locale,
    country: _country,
    ...shown
  } = capture
  return { ...shown, ...(metadata && { metadata }) }
}

export async function ownCapture(intake: Intake, tenant: string, id: string): Promise<StoredCapture> {
  const stored = await readCapture(intake.db, parse(captureIdShape, id))
  if (stored === null || stored.capture.tenant !== tenant) throw new SallyportError('request.not_found')
  return stored
}
