/**
 * One consistent copy of a whole cluster while it is in use, by Postgres' own way (BASE_BACKUP, as pg_basebackup asks for
 * it): the data folder as a tar with the log that it needs, and Postgres' manifest. Unlogged tables are not in it, so no
 * security code is. All three databases are one cluster, so they stand at one moment.
 */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs'
import { createHash, type Hash } from 'node:crypto'
import pg from 'pg'

export interface WrittenFile {
  bytes: number
  sha256: string
}

export interface BaseBackup {
  tar: WrittenFile
  /** Postgres' own, for `pg_verifybackup`. */
  manifest: WrittenFile
}

export interface BaseBackupOptions {
  /** As the superuser. */
  url: string
  tar: string
  manifest: string
  /** Bytes so far, and how many there will be, about. */
  progress(done: number, of: number): void
}

/** The slot keeps the log that the copy needs until its session ends, however long the copying takes. */
const keepLog = 'CREATE_REPLICATION_SLOT "sallyport_backup" TEMPORARY PHYSICAL (RESERVE_WAL)'
const copyAll =
  "BASE_BACKUP (LABEL 'sallyport', PROGRESS, CHECKPOINT 'fast', WAL, WAIT false, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')"

/** Rejects where the server refuses, ends meanwhile, or the disk is full; what is half written is the caller's to remove. */
export async function takeBaseBackup({ url, tar, manifest, progress }: BaseBackupOptions): Promise<BaseBackup> {
  // Sound: pg sends it to the server as it is (`connection-parameters.js`); its types do not name it.
  const client = new pg.Client({ connectionString: url, replication: 'true' } as pg.ClientConfig)
  client.on('error', () => undefined)
  await client.connect()
  const files = { tar: new HashedFile(tar), manifest: new HashedFile(manifest) }
  try {
    await client.query(keepLog)
    await new Promise<void>((resolve, reject) => {
      client.query(new Copying(files, progress, resolve, reject))
    })
    return { tar: files.tar.close(), manifest: files.manifest.close() }
  } finally {
    files.tar.discard()
    files.manifest.discard()
    await client.end().catch(() => undefined)
  }
}

/** Written as it comes: what pg hands out is overwritten by what comes next. */
class HashedFile {
  #file: number | null
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0
  constructor(path: string) {
    this.#file = openSync(path, 'wx', 0o600)
  }
  write(bytes: Buffer): void {
    if (this.#file === null) return
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    this.#hash.update(bytes)
    this.#bytes += bytes.length
  }
  get bytes(): number {
    return this.#bytes
  }
  close(): WrittenFile {
    if (this.#file !== null) fsyncSync(this.#file)
    this.discard()
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }
  discard(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}

/** As the documentation of the replication protocol names the first byte of each message. */
const kinds = { archive: 0x6e, manifest: 0x6d, data: 0x64, progress: 0x70 } as const

/** pg calls these by their names, as it does those of its own Query. */
class Copying implements pg.Submittable {
  readonly #files: { tar: HashedFile; manifest: HashedFile }
  readonly #progress: BaseBackupOptions['progress']
  readonly #resolve: () => void
  readonly #reject: (error: Error) => void
  #into: 'tar' | 'manifest' = 'tar'
  #archives = 0
  /** Bytes, as the second row that the server sends says in kB. */
  #about = 0
  #failed: Error | null = null

  constructor(
    files: { tar: HashedFile; manifest: HashedFile },
    progress: BaseBackupOptions['progress'],
    resolve: () => void,
    reject: (error: Error) => void,
  ) {
    this.#files = files
    this.#progress = progress
    this.#resolve = resolve
    this.#reject = reject
  }

  submit(connection: pg.Connection): void {
    // Sound: pg's own Query does the same; the types of Connection do not name it.
    const simple = connection as unknown as { query(text: string): void }
    simple.query(copyAll)
  }
  handleRowDescription(): void {}
  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    if (fields.length === 3) this.#about += Number(fields[2] ?? 0) * 1024
  }
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.#failed !== null) return
    try {
      this.#take(chunk)
    } catch (error) {
      // A full disk. The rest is read and dropped until the server is done, since this connection knows no other end.
      this.#failed = error instanceof Error ? error : new Error('the backup could not be written')
    }
  }
  #take(chunk: Buffer): void {
    const rest = chunk.subarray(1)
    switch (chunk[0]) {
      case kinds.archive:
        this.#archives += 1
        if (this.#archives > 1)
          throw new Error('this Postgres has tablespaces of its own; back it up by its own tools (pg_basebackup)')
        this.#into = 'tar'
        return
      case kinds.manifest:
        this.#into = 'manifest'
        return
      case kinds.data:
        this.#files[this.#into].write(rest)
        if (this.#into === 'tar') this.#progress(this.#files.tar.bytes, Math.max(this.#about, this.#files.tar.bytes))
        return
      case kinds.progress:
        return
      default:
        throw new Error('this Postgres sends a backup in a form that is not known here')
    }
  }
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
  handleError(error: Error): void {
    this.#reject(error)
  }
  handleReadyForQuery(): void {
    if (this.#failed === null) this.#resolve()
    else this.#reject(this.#failed)
  }
}
