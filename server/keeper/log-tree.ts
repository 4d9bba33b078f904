/**
 * Follows one audit log into its Merkle tree and signs what it has come to. An entry is read once and never again: what
 * is changed in the database afterwards does not reach the tree, which therefore shows it. A log that is shorter than
 * it was, or whose chain no longer leads to where this keeper stood, is not signed any further.
 */
import { join } from 'node:path'
import { nextHeadOf } from '../audit/chain.ts'
import {
  chainOrigin,
  type Checkpoint,
  checkpointPublicKey,
  type LogName,
  openCheckpoint,
  signCheckpoint,
  treeOrigin,
} from '../audit/checkpoint.ts'
import { leafHash } from '../audit/entries.ts'
import type { LogFeed, LogPage } from '../audit/log-feed.ts'
import { earlierNotes } from '../audit/log-folder.ts'
import { checkpointFile, readIfThere, TreeFolder } from '../audit/tree-folder.ts'
import type { Jwk } from '../config.ts'
import type { Log } from '../log.ts'
import { writeDurably } from '../private-files.ts'

export interface LogTreeOptions {
  name: LogName
  feed: LogFeed
  key: Jwk
  /** The second place: `<folder>/<name>/<log id>` gets the tree. */
  folder: string
  log: Log
  now?: () => number
  /** A tree that is behind by more than this is being made for the first time, or anew. */
  longBehind?: number
  /** Told of each new checkpoint. */
  signed?: (size: number, note: string) => Promise<void>
  /** Asked once more before something is signed: whoever was stopped for a while may have been replaced meanwhile. */
  mayStill?: () => Promise<boolean>
  /** Told of what is wrong with the log, once for each time that it is looked at. */
  fault?: (fault: TreeFault) => void
}

/** Where each log's tree is, by now. */
export type LogPlaces = Partial<Record<LogName, { folder: string; origin: string }>>

/** What keeps a log from being signed; each is one of the words of verify-log.ts. */
export type TreeFault = 'rolled_back' | 'rewritten' | 'missing' | 'altered'

export class TreeFaultError extends Error {
  readonly fault: TreeFault
  readonly at: number
  constructor(fault: TreeFault, at: number) {
    super('an audit log is not what it was')
    this.fault = fault
    this.at = at
  }
}

const pageMax = 500
/** A fault stays until a person looks; it is said again at this distance. */
const quietMs = 60_000
const coverEveryMs = 5_000
const headFile = 'chain-head'

interface Standing {
  tree: TreeFolder
  folder: string
  logId: string
  /** The chain's head at the tree's size. */
  head: Buffer
  signedSize: number
  signedHead?: string
  /** For which size somebody was last told of a checkpoint; -1 before the first time of this process. */
  toldSize: number
  /** A tree that is made anew must come to this again before it is signed. */
  owed: Checkpoint | null
  /** Checkpoints of the chain, from before there was a tree, by size. */
  chain: Map<number, Buffer>
}

export class LogTree {
  readonly #options: LogTreeOptions
  #standing: Standing | null = null
  #quietUntilMs = 0
  #coveredUntilMs = 0
  /** A log that is signed no further is shown all the same, and so is one that a twin signs. */
  #shown: Pick<Standing, 'folder' | 'logId'> | null = null
  /** How far a twin came, as its folder says. */
  #seenSize = 0
  constructor(options: LogTreeOptions) {
    this.#options = options
  }

  /** How many entries the newest checkpoint covers; 0 before the first. */
  get signedSize(): number {
    return this.#standing?.signedSize ?? this.#seenSize
  }

  /** Where the tree is; null until the log was first looked at. */
  get place(): { folder: string; origin: string } | null {
    if (this.#shown === null) return null
    const { folder, logId } = this.#shown
    return { folder, origin: treeOrigin(this.#options.name, logId) }
  }

  /**
   * A twin goes on with the log: what was read here so far is forgotten, and the next round begins where the folder stands. Where
   * the folder is shared, it says how far the twin came.
   */
  async watch(): Promise<void> {
    this.#standing = null
    const { feed, name, folder, key } = this.#options
    const logId = this.#shown?.logId ?? (await feed(0, 1)).logId
    this.#shown = { folder: join(folder, name, logId), logId }
    const note = readIfThere(join(this.#shown.folder, checkpointFile))?.toString('utf8') ?? ''
    this.#seenSize = openCheckpoint(note, treeOrigin(name, logId), checkpointPublicKey(key))?.size ?? 0
  }

  /** Takes what is new and signs it, but for a log that is not what it was. False where nothing was new. Rejects where it cannot be read or kept. */
  async round(): Promise<boolean> {
    const { feed, log, name, fault, now = Date.now, longBehind = 10_000 } = this.#options
    try {
      let page = await feed(this.#standing?.tree.size ?? 0, pageMax)
      if (this.#standing?.logId !== page.logId) {
        this.#standing = await this.#begin(page.logId)
        this.#shown = this.#standing
        page = await feed(this.#standing.tree.size, pageMax)
      }
      const standing = this.#standing
      this.#take(standing, page)
      while (standing.tree.size < page.size) {
        if (page.size - standing.tree.size > longBehind) await this.#coverByChain(standing, page.size)
        page = await feed(standing.tree.size, pageMax)
        this.#take(standing, page)
        if (page.rows.length === 0) break
      }
      if (standing.tree.size === standing.toldSize) return false
      await this.#sign(standing)
      return true
    } catch (error) {
      if (!(error instanceof TreeFaultError)) throw error
      fault?.(error.fault)
      // What was half taken in is left: the next round begins where the folder stands.
      this.#standing = null
      if (now() < this.#quietUntilMs) return false
      this.#quietUntilMs = now() + quietMs
      log.error({ event: 'audit.not_signed', subject: name, reason: error.fault, sequence: error.at })
      return false
    }
  }

  /** Picks the tree up where the folder has it. */
  async #begin(logId: string): Promise<Standing> {
    const { name, folder, key, log } = this.#options
    const own = join(folder, name, logId)
    const origin = treeOrigin(name, logId)
    const publicKey = checkpointPublicKey(key)
    let tree = new TreeFolder(own)
    const last = openCheckpoint(tree.checkpoint() ?? '', origin, publicKey)
    const base = { folder: own, logId, signedSize: last?.size ?? 0, toldSize: -1 }
    const head = readHead(own, last?.size ?? -1)
    if (last !== null && head !== null && (await tree.resume(last.size, last.hash))) {
      return { ...base, tree, head, owed: null, chain: new Map() }
    }
    const chain = new Map<number, Buffer>()
    for (const note of earlierNotes(join(folder, name))) {
      const checkpoint = openCheckpoint(note, chainOrigin(name, logId), publicKey)
      if (checkpoint !== null) chain.set(checkpoint.size, checkpoint.hash)
    }
    if (last !== null) log.warn({ event: 'audit.tree_made_anew', subject: name, sequence: last.size })
    tree = new TreeFolder(own)
    const { before } = await this.#options.feed(0, 1)
    return { ...base, tree, head: before ?? Buffer.alloc(0), owed: last, chain }
  }

  #take(standing: Standing, page: LogPage): void {
    const { tree, owed, chain } = standing
    if (page.logId !== standing.logId) throw new TreeFaultError('rewritten', 0)
    if (page.size < tree.size) throw new TreeFaultError('rolled_back', page.size)
    if (page.before === null) throw new TreeFaultError('missing', tree.size - 1)
    if (!page.before.equals(standing.head)) throw new TreeFaultError('rewritten', tree.size)
    let end = standing.head
    const steps = page.rows.map(({ position, entry }, at) => {
      if (position !== tree.size + at + 1) throw new TreeFaultError('missing', tree.size + at)
      const leaf = leafHash(entry)
      end = nextHeadOf(end, leaf)
      return { leaf, head: end }
    })
    if (!end.equals(page.head)) throw new TreeFaultError('altered', tree.size)
    for (const { leaf, head } of steps) {
      standing.head = head
      tree.append(leaf)
      const signedBefore = chain.get(tree.size)
      if (signedBefore !== undefined && !signedBefore.equals(standing.head)) throw new TreeFaultError('rewritten', 0)
      if (owed !== null && tree.size === owed.size && !tree.root().equals(owed.hash)) {
        throw new TreeFaultError('rewritten', 0)
      }
    }
  }

  /**
   * While a long log is read from its first entry on, its newest entries are covered as they were before there was a tree,
   * by the head of the chain: else keyd would stop until the tree is made. The tree has to come to that head too.
   */
  async #coverByChain({ logId, chain }: Standing, size: number): Promise<void> {
    const { name, key, feed, signed, now = Date.now } = this.#options
    if (now() < this.#coveredUntilMs) return
    this.#coveredUntilMs = now() + coverEveryMs
    const { before } = await feed(size, 1)
    if (before === null) return
    chain.set(size, before)
    await signed?.(size, signCheckpoint(chainOrigin(name, logId), { size, hash: before }, key))
  }

  async #sign(standing: Standing): Promise<void> {
    const { name, key, signed, now = Date.now } = this.#options
    const { tree, folder, logId, owed, chain } = standing
    const signedBefore = Math.max(owed?.size ?? 0, ...chain.keys())
    if (tree.size < signedBefore) throw new TreeFaultError('rolled_back', tree.size)
    if ((await this.#options.mayStill?.()) === false) return this.watch()
    const note = signCheckpoint(treeOrigin(name, logId), { size: tree.size, hash: tree.root() }, key)
    const head = `${tree.size} ${standing.head.toString('hex')}\n`
    // With the one before, for a crash between the two files.
    writeDurably(join(folder, headFile), head + (standing.signedHead ?? ''))
    tree.publish(note, now())
    standing.signedHead = head
    standing.signedSize = tree.size
    standing.owed = null
    await signed?.(tree.size, note)
    standing.toldSize = tree.size
  }
}

/** The chain's head beside the checkpoint; null where it is lost, and the tree is made anew. */
function readHead(folder: string, size: number): Buffer | null {
  const text = readIfThere(join(folder, headFile))?.toString('utf8') ?? ''
  const line = text.split('\n').find((one) => one.startsWith(`${size} `)) ?? ''
  const match = /^\d+ ([0-9a-f]{64})$/.exec(line)
  return match === null ? null : Buffer.from(match[1] ?? '', 'hex')
}
