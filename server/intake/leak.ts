/**
 * Card data was found in a conversation, outside a capture. In: what an agent's own process says of it, without the text.
 * Out: one event of the tenant and an audit entry a finding, in one transaction. No digits are ever here.
 */
import { SallyportError } from '../../protocol/errors.ts'
import { findingKinds } from '../../protocol/leak-words.ts'
import type { InnerLeak, innerLeakAnswer } from '../../protocol/inner-http.ts'
import type { LeakFinding } from '../../protocol/leaks.ts'
import type { z } from 'zod/mini'
import type { Intake } from './context.ts'

/** Throws `auth.unauthenticated` for a tenant that is not there, `request.idempotency_conflict` for a key with another body. */
export async function keepLeak(
  intake: Pick<Intake, 'db' | 'audit'>,
  input: InnerLeak,
): Promise<z.infer<typeof innerLeakAnswer>> {
  const { conversation, surface, action, findings } = input.report
  const data = {
    surface,
    action,
    kinds: findingKinds.filter((kind) => findings.some((finding) => finding.kind === kind)),
    count: findings.length,
  }
  const entries = await Promise.all(
    findings.map(({ kind, rule, ruleset, brand, spans }) =>
      intake.audit({
        action: `leak.${action}`,
        result: 'done',
        tenant: input.tenant,
        object: input.key,
        request_id: input.request_id,
        ...{ conversation, surface, kind, rule, ruleset, place: placeOf(spans) },
        ...(brand !== undefined && { brand }),
      }),
    ),
  )
  const { rows } = await intake.db.query<{ result: string | null }>({
    name: 'leak_append',
    text: 'select leak_append($1, $2, $3, $4, $5, $6) as result',
    values: [
      input.tenant,
      conversation,
      input.event_id,
      JSON.stringify(data),
      entries,
      input.idempotency === undefined ? null : JSON.stringify(input.idempotency),
    ],
  })
  const result = rows[0]?.result ?? null
  if (result === null) throw new SallyportError('auth.unauthenticated')
  if (result === 'conflict') throw new SallyportError('request.idempotency_conflict')
  return { leak: { id: result, count: findings.length }, replayed: result !== input.event_id }
}

const placeOf = (spans: LeakFinding['spans']): string =>
  spans.map(({ turn, start, end }) => `${turn}:${start}-${end}`).join(',')
