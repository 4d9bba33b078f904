/** Limits live together, each with the reason for its number; those of HTTP are in server/http-limits.ts. */

/** What a page loads of them: an object ships whole or not at all. */
export const portLimits = {
  /** A handshake that takes longer has failed (DESIGN §6). */
  helloRetryMs: 4_000,
  handshakeTimeoutMs: 8_000,
  /** Every call over the port has a deadline. */
  portCallTimeoutMs: 10_000,
  /** DESIGN §4: progress is coalesced to one in 300 ms. */
  progressIntervalMs: 300,
} as const

export const limits = {
  ...portLimits,
  /** A capture lives an hour: longer talks make a new one. */
  captureTtlMs: 3_600_000,
  /** client_secret is power over a form; fifteen minutes bound a stolen one. */
  clientSecretTtlMs: 900_000,
  /** DESIGN §6: a link may be opened for ten minutes; it is for somebody who sits in a chat. */
  linkTtlMs: 600_000,
  /** Once it is open, the phrase is to be picked: five minutes find it in a chat on the same phone. */
  linkPickMs: 300_000,
  /** Each link is one try at a phrase in four; more links than this are no customer's wish. */
  linksPerCaptureMax: 20,
  /** A field may be taken back that often, in the form or by the vault, before the capture fails; more is card testing. */
  fieldAttemptsMax: 30,
  /** vault.md §5: a grant lives at most a minute. */
  grantTtlMs: 60_000,
  /** A ticket lives as long as its capture may. */
  ticketTtlMs: 3_900_000,
  /** DESIGN §5: five fingerprints a ticket. */
  fingerprintsPerTicket: 5,
  /** DESIGN §5: a CVC ends after five minutes. */
  cvcTtlMs: 300_000,
  /** DESIGN §5: HPKE keys live an hour and are destroyed 15 minutes later. */
  hourKeyTtlMs: 3_600_000,
  hourKeyGraceMs: 900_000,
  /** Clocks of two processes may differ by five seconds. */
  clockSkewMs: 5_000,
  /** A frame sends what happened in 300 ms; eight items are more than two hands do. */
  progressItemsMax: 8,
  /** One page of events. */
  eventsPageMax: 500,
  /** A long poll ends before usual proxies cut it. */
  longPollMsMax: 25_000,
  /** Erasing stops use at once; the wrapped key goes after a day, since a taken gateway could erase a vault. */
  eraseGraceMs: 86_400_000,
  /**
   * Until a key is destroyed a backup could still be opened with it: a rotation every thirty days, and its destruction thirty
   * days later, keep what is promised by then. `sallyport keys list` says by when each key has to end.
   */
  irrevocableMs: 60 * 86_400_000,
  /** The QR code of the longest address that a link can have stays below. */
  qrPathLengthMax: 20_000,
  conversationLengthMax: 128,
  referenceLengthMax: 64,
  /** Of one report of leaks: more findings than one message has, and as many turns as a number may be spread over. */
  leakFindingsMax: 20,
  leakSpansMax: 8,
  /** Six digits at the most: a place in a text is no way to send the rest of a card number. */
  leakPlaceMax: 999_999,
  metadataEntriesMax: 20,
  metadataValueLengthMax: 200,
} as const
