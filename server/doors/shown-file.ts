/** A file that a door shows to whoever reaches it. */
export interface ShownFile {
  type: string
  body: Buffer
  /** How long it may be kept, in seconds; 0 is not at all. */
  cacheS: number
}
