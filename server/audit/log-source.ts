/**
 * Where a log is read: a folder that `sallyport audit export` made, or a keeper that answers. Everything in it is the
 * word of whoever keeps it, until it was compared with a signed checkpoint.
 */
import type { Tiles } from './tiles.ts'

export interface LogSource extends Tiles {
  /** The newest checkpoint. Null where there is none. */
  checkpoint(): Promise<string | null>
  /** Of each witness the newest checkpoint that it cosigned, with its line. */
  cosigned(): Promise<readonly string[]>
  /** Checkpoints of before, of the tree and of the chain: they close in on the place where something was changed. */
  earlier(): Promise<readonly string[]>
  /** The bundle of `width` entries, or what is there of it; null where nothing is. */
  entries(index: number, width: number): Promise<Buffer | null>
}
