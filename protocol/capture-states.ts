/** The closed lists of a capture's life (DESIGN §4), for server and browser alike. */
export const captureStates = [
  'created',
  'offered',
  'collecting',
  'suspended',
  'processing',
  'completed',
  'failed',
  'canceled',
  'expired',
] as const
export type CaptureState = (typeof captureStates)[number]

export const endStates = ['completed', 'failed', 'canceled', 'expired'] as const satisfies readonly CaptureState[]
export type EndState = (typeof endStates)[number]
export const hasEnded = (state: CaptureState): state is EndState =>
  (endStates as readonly CaptureState[]).includes(state)

export const purposes = ['pay', 'save', 'authenticate'] as const
export type Purpose = (typeof purposes)[number]

export const fieldNames = ['number', 'expiry', 'cvc', 'name', 'postal_code'] as const
export type FieldName = (typeof fieldNames)[number]

export const fieldStates = ['pending', 'active', 'complete', 'rejected'] as const
export type FieldState = (typeof fieldStates)[number]

/** How far a field is, coarse enough that it tells no more of the length than the brand does. */
export const progressLevels = ['none', 'some', 'most', 'full'] as const
export type ProgressLevel = (typeof progressLevels)[number]

export const suspendReasons = ['question', 'handoff', 'channel_lost', 'switching', 'shield_down'] as const
export type SuspendReason = (typeof suspendReasons)[number]

/** Whether the browser could tell that nothing lay over the form; where it cannot, nobody says that it could. */
export const visibilities = ['verified', 'unverified'] as const
export type Visibility = (typeof visibilities)[number]

export const channels = ['web', 'link'] as const
export type Channel = (typeof channels)[number]

/** Where a channel's form stands: in a frame of the chat, or on a page of its own. */
export const channelTiers = ['isolated_frame', 'link_page'] as const
export type ChannelTier = (typeof channelTiers)[number]
export const tierOf = { web: 'isolated_frame', link: 'link_page' } as const satisfies Record<Channel, ChannelTier>

export const modes = ['sandbox', 'live'] as const
export type Mode = (typeof modes)[number]
