/** How each kind of door spells its problems. */
import type { Spelling } from './judge.ts'

export const spellings = {
  outer: {
    members: [
      'type',
      'title',
      'status',
      'code',
      'request_id',
      'param',
      'retryable',
      'who',
      'snapshot',
      'key',
      'field',
      'state',
    ],
    read: ({ code, request_id: requestId }) => ({ code, requestId }),
    idHeader: 'sallyport-request-id',
  },
  inner: {
    members: ['type', 'code', 'request_id', 'param', 'retry_after_ms', 'boot'],
    read: ({ code, request_id: requestId }) => ({ code, requestId }),
    idHeader: 'sallyport-request-id',
  },
  shop: {
    members: ['type', 'status', 'code', 'request_id'],
    read: ({ code, request_id: requestId }) => ({ code, requestId }),
  },
  /** A company outside has a form of its own. */
  processor: {
    members: ['error'],
    read: ({ error }) => {
      // Whatever it is, its members are looked at one by one.
      const { code, request_id: requestId } = Object(error) as { code?: unknown; request_id?: unknown }
      return { code, requestId }
    },
  },
} as const satisfies Record<string, Spelling>
