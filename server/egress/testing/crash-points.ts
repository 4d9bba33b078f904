/**
 * Where on a charge's way egress can be ended: before a statement is sent, while it is under way (nobody knows whether it
 * took), once it has answered, and a little later, in the middle of what follows: behind `record_read` that is keyd's opening.
 */
export const crashSteps = ['charge_start', 'record_read', 'grant_sending', 'processor', 'charge_settle'] as const
export type CrashStep = (typeof crashSteps)[number]
export const crashMoments = ['before', 'during', 'after', 'later'] as const
export type CrashMoment = (typeof crashMoments)[number]

export interface CrashPoint {
  step: CrashStep
  moment: CrashMoment
  /** The how many-th time that it comes there, counted from 1. */
  nth: number
}

export const crashPoints: readonly Omit<CrashPoint, 'nth'>[] = crashSteps.flatMap((step) =>
  crashMoments.map((moment) => ({ step, moment })),
)
