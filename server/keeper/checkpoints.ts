/**
 * Signs what the two audit logs are, with a key that neither intake, egress nor keyd holds, and keeps a copy in a second
 * place: from a checkpoint on, what was logged before cannot be changed unseen.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { type AuditSize, auditSize } from '../audit/sequence.ts'
import { chainOrigin, signCheckpoint } from '../audit/checkpoint.ts'
import type { Jwk } from '../config.ts'
import type { InnerCall } from '../doors/inner-client.ts'
import type { AuditHead } from '../records/keyd-calls.ts'

export interface Checkpoints {
  db: pg.Pool
  keyd: InnerCall
  key: Jwk
  folder: string
  vaultLogId: string
}

export class CheckpointSigner {
  private readonly options: Checkpoints
  private readonly signed = { vault: -1, keyd: -1 }
  constructor(options: Checkpoints) {
    this.options = options
  }

  /** One round: both logs, each only when it has grown. */
  async round(): Promise<void> {
    const { db, keyd, vaultLogId } = this.options
    const vault = await auditSize(db, vaultLogId)
    if (vault.size !== this.signed.vault) {
      this.keep('vault', this.sign('vault', vaultLogId, vault), vault.size)
      this.signed.vault = vault.size
    }
    const head = (await keyd('GET', '/audit/head')) as AuditHead // sound: keyd's own shape, from the signed door
    if (head.size === this.signed.keyd) return
    const note = this.sign('keyd', head.log_id, { size: head.size, head: Buffer.from(head.hash, 'base64url') })
    this.keep('keyd', note, head.size)
    await keyd('POST', '/audit/checkpoint', { size: head.size, checkpoint: note })
    this.signed.keyd = head.size
  }

  private sign(name: 'vault' | 'keyd', logId: string, { size, head }: AuditSize): string {
    return signCheckpoint(chainOrigin(name, logId), { size, hash: head }, this.options.key)
  }

  private keep(name: string, note: string, size: number): void {
    const folder = join(this.options.folder, name)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(join(folder, `${String(size).padStart(12, '0')}.checkpoint`), note, { mode: 0o600 })
  }
}
