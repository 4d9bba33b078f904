/**
 * What keeper shows of the audit logs, all of it read-only and checked by whoever reads it: checkpoints and tiles of hashes
 * as C2SP tlog-tiles names them and, at the inner door alone, the entries. `/audit/<log>/…`; `/audit/logs` names the logs.
 */
import { join } from 'node:path'
import { type LogName, logNames } from '../audit/checkpoint.ts'
import type { LogFeed } from '../audit/log-feed.ts'
import { earlierNotes } from '../audit/log-folder.ts'
import { keyLine, publicKeyOf } from '../audit/note.ts'
import { encodeBundle, parseTilePath, tileWidth } from '../audit/tiles.ts'
import { checkpointFile, cosignedFolder, earlierFolder, readIfThere, readTile } from '../audit/tree-folder.ts'
import type { Jwk } from '../config.ts'
import type { ShownFile } from '../doors/shown-file.ts'
import type { LogPlaces } from './log-tree.ts'

export interface ShownLog {
  name: LogName
  origin: string
  /** The log's key as one line, for `--key`. */
  key: string
}

export interface ShownLogsOptions {
  /** Where each log's tree is; null while it has none. */
  places: () => LogPlaces
  key: Jwk
  feeds: Record<LogName, LogFeed>
}

/** A tile that is whole never changes. */
const foreverS = 31_536_000
/** So many close in on any place of any log. */
const earlierMax = 256

const text = (body: string): ShownFile => ({ type: 'text/plain; charset=utf-8', body: Buffer.from(body), cacheS: 0 })
const json = (body: unknown): ShownFile => ({
  type: 'application/json',
  body: Buffer.from(JSON.stringify(body)),
  cacheS: 0,
})
const binary = (body: Buffer): ShownFile => ({ type: 'application/octet-stream', body, cacheS: foreverS })

/** @param entries whether entries are shown too. Gives null for what is not there. */
export function shownLogs(
  { places, key, feeds }: ShownLogsOptions,
  entries: boolean,
): (path: string) => Promise<ShownFile | null> {
  const publicKey = publicKeyOf(key)
  return async (path) => {
    const [, name, rest = ''] = /^\/audit\/([a-z]+)(?:\/(.*))?$/.exec(path) ?? []
    if (name === 'logs' && rest === '') {
      const signed = Object.entries(places()).filter(
        ([, { folder }]) => readIfThere(join(folder, checkpointFile)) !== null,
      )
      const logs = signed.map(([one, { origin }]) => ({
        name: one,
        origin,
        key: keyLine({ type: 'note', name: origin, publicKey }),
      }))
      return json(logs)
    }
    const log = logNames.find((one) => one === name)
    const place = log === undefined ? undefined : places()[log]
    if (log === undefined || place === undefined) return null
    const { folder } = place
    if (rest === checkpointFile) {
      const note = readIfThere(join(folder, rest))
      return note === null ? null : text(note.toString('utf8'))
    }
    // Those of the chain, from before there was a tree, lie a folder higher.
    if (rest === cosignedFolder) return json(earlierNotes(join(folder, cosignedFolder), earlierMax))
    if (rest === 'earlier') {
      return json([
        ...earlierNotes(join(folder, '..'), earlierMax),
        ...earlierNotes(join(folder, earlierFolder), earlierMax),
      ])
    }
    const tile = parseTilePath(rest)
    if (tile === null) return null
    if (tile.level !== 'entries') {
      const hashes = readTile(folder, tile.level, tile.index, tile.width)
      return hashes === null ? null : binary(hashes)
    }
    if (!entries) return null
    const start = tile.index * tileWidth
    const { rows } = await feeds[log](start, tile.width)
    // A row that is gone leaves its place to the next: the reader's hashes tell which.
    const own = rows.filter(({ position }) => position <= start + tile.width)
    return { ...binary(encodeBundle(own.map(({ entry }) => Buffer.from(entry)))), cacheS: 0 }
  }
}
