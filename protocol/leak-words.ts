/** Where card data may be found in a conversation, and what is done then. */
export const leakSurfaces = ['composer', 'agent_in', 'agent_out', 'screen', 'log'] as const
export type LeakSurface = (typeof leakSurfaces)[number]

/** `scrubbed`: the text went on without it. `blocked`: the text did not go on. */
export const leakActions = ['scrubbed', 'blocked'] as const
export type LeakAction = (typeof leakActions)[number]

/** As the detector has them (detect/finding.ts). */
export const findingKinds = ['pan', 'pan_suspect', 'cvc', 'expiry', 'track'] as const
export type FindingKind = (typeof findingKinds)[number]
