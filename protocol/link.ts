/**
 * The link channel as its sides know it: what an agent is given for the chat, and the patterns that the widget parses it
 * by (no zod here: it ships to browsers). The link's secret stands in the fragment, which no server and no log sees.
 */
export interface CaptureLink {
  /** `https://capture.example/l#…`: power to open the form once. For the customer alone. */
  url: string
  /** Two words that the chat shows, and that the person picks out of four on the page. */
  phrase: string
  qr: LinkQr
  /** What to say beside it. */
  words: LinkWords
  expires_at: string
}

/** The sentences beside a link in a chat, in the language of the capture's locale, else in English. */
export interface LinkWords {
  lang: string
  dir: 'ltr' | 'rtl'
  /** Above all. */
  title: string
  /** Before `phrase`. */
  phrase: string
  /** On what leads to `url`. */
  open: string
  /** Below the QR code. */
  scan: string
  /** How long it lasts, and what happens then. */
  next: string
}

/**
 * `url` as a QR code that needs no library to draw: modules a side, and its dark runs as an SVG path to be stroked with
 * width 1. `M3 0h7` is a run of seven modules that begins at the fourth column of the first row.
 */
export interface LinkQr {
  size: number
  path: string
}

/** 128 bits. */
export const linkSecretPattern = /^[A-Za-z0-9_-]{22}$/
export const linkUrlPattern = /^https?:\/\/[a-z0-9.-]{1,253}(:\d{1,5})?\/l#[A-Za-z0-9_-]{22}$/
export const phrasePattern = /^[a-z]{3,9} [a-z]{3,9}$/
export const linkWordsPattern = /^[^\p{Cc}\p{Cf}<>]{1,200}$/u
export const qrSizeMax = 97
export const qrPathPattern = /^(M\d{1,2} \d{1,2}h\d{1,2})+$/
/** How many phrases the page offers. */
export const linkChoices = 4
