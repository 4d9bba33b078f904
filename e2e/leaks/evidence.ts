/**
 * Everything that could have leaked, by the place where it was seen. Each place holds the run's own canary nowhere, and a
 * decoy, planted there on purpose, in every spelling that the place can carry.
 */
import { openSync, closeSync, readdirSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Findings, Owner, Search } from './search.ts'

export interface PlaceReport extends Record<Owner, Findings> {
  place: string
  bytes: number
}

const partBytes = 8 << 20
const overlapBytes = 4_096

export class Evidence {
  readonly #search: Search
  /** One for thousands of files. */
  readonly #buffer = Buffer.allocUnsafeSlow(partBytes + overlapBytes)
  readonly #places = new Map<string, PlaceReport>()

  constructor(search: Search) {
    this.#search = search
  }

  /** One part of a place: whatever lies on its edges must be in the part before or behind it as well. */
  add(place: string, seen: string | Buffer): void {
    const part = typeof seen === 'string' ? Buffer.from(seen) : seen
    const report = this.of(place)
    report.bytes += part.length
    this.#search.look(part, report)
  }

  addJson(place: string, seen: unknown): void {
    this.add(place, JSON.stringify(seen) ?? '')
  }

  /** A file or all files below a folder, but for those that `skip` names. */
  addFiles(place: string, path: string, skip: (path: string) => boolean = () => false): void {
    for (const file of filesBelow(path, skip)) this.#addFile(place, file)
  }

  #addFile(place: string, path: string): void {
    const fd = openSync(path, 'r')
    const buffer = this.#buffer
    try {
      for (let at = 0; ; at += partBytes) {
        const length = readSync(fd, buffer, 0, buffer.length, at)
        if (length > 0) this.add(place, buffer.subarray(0, length))
        if (length < buffer.length) return
      }
    } finally {
      closeSync(fd)
    }
  }

  of(place: string): PlaceReport {
    const known = this.#places.get(place)
    if (known !== undefined) return known
    const report: PlaceReport = { place, bytes: 0, canary: new Map(), decoy: new Map() }
    this.#places.set(place, report)
    return report
  }

  get places(): readonly PlaceReport[] {
    return [...this.#places.values()]
  }
}

export function filesBelow(path: string, skip: (path: string) => boolean = () => false): string[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || skip(path)) return []
  if (stats.isFile()) return [path]
  if (!stats.isDirectory()) return []
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name), skip))
}
