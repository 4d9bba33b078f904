/**
 * `sallyport init`: makes a deployment's home once. The mode is fixed here; secrets are made here and nowhere else.
 * Running it again changes nothing: each file is written whole or not at all, and one that is there is kept.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Mode } from '../config.ts'
import type { Epoch } from '../keys/store.ts'
import { makeFirstEpochs } from './key-store.ts'
import { assertPrivate, createPrivateJson, privateFolder, readPrivateJson } from '../private-files.ts'
import { type Deployment, makeSecrets, makeTenant, type Secrets, type TenantFile } from './secrets.ts'

export interface Home {
  folder: string
  deployment: Deployment
  secrets: Secrets
  /** The test tenant of a sandbox. A live deployment's tenants are made by `sallyport tenant add`; no file has their keys. */
  tenant: TenantFile | null
  /** URL of the key store: inside the home unless a setting says otherwise. */
  keyStore: string
  /** Of the key store, for keyd; null where it has none. */
  passphrase: Buffer | null
  /** The store's epochs, their public parts, for the database's list. */
  epochs: readonly Epoch[]
  /** True when this call made it. */
  made: boolean
}

const folders = ['keys', 'config', 'logs', 'checkpoints', 'processor'] as const

/**
 * Opens the home, making what is missing. Throws one sentence with what to do when the home was made for another mode,
 * or when others may read it; KeyStoreError where the key store and the passphrase do not go together.
 */
export async function initHome(
  folder: string,
  mode: Mode,
  keys: string | null = null,
  passphrase: Buffer | null = null,
): Promise<Home> {
  const made = !existsSync(join(folder, 'deployment.json'))
  privateFolder(folder)
  for (const name of folders) privateFolder(join(folder, name))
  const deployment: Deployment = { v: 1, id: randomUUID(), mode, created_at: new Date().toISOString() }
  createPrivateJson(join(folder, 'deployment.json'), deployment)
  const kept = readDeployment(folder)
  if (kept.mode !== mode) {
    throw new Error(
      `${folder} was made for the mode ${kept.mode}, which is fixed; choose another SALLYPORT_HOME for ${mode}`,
    )
  }
  createPrivateJson(join(folder, 'secrets.json'), makeSecrets())
  if (mode === 'sandbox') createPrivateJson(join(folder, 'tenant.json'), makeTenant(mode))
  else if (existsSync(join(folder, 'tenant.json')))
    throw new Error(
      `${join(folder, 'tenant.json')} holds keys of a sandbox, and this is a live deployment; remove it, and make its tenants with \`sallyport tenant add\``,
    )
  const keyStore = keys ?? `file:${join(folder, 'keys')}`
  const epochs = await makeFirstEpochs(keyStore, { passphrase, live: mode === 'live' })
  return { ...openHome(folder), keyStore, passphrase, epochs, made }
}

/** The home's mode, where there is a home. */
export function modeOf(folder: string): Mode | null {
  return existsSync(join(folder, 'deployment.json')) ? readDeployment(folder).mode : null
}

function readDeployment(folder: string): Deployment {
  const value = readPrivateJson(join(folder, 'deployment.json'))
  // Sound: written by this file alone, into a folder nobody else may write to; the version guards the shape.
  if ((value as Deployment).v !== 1) throw new Error(`${folder} was made by another version of Sallyport`)
  return value as Deployment
}

function openHome(folder: string): Pick<Home, 'folder' | 'deployment' | 'secrets' | 'tenant'> {
  assertPrivate(folder)
  return {
    folder,
    deployment: readDeployment(folder),
    // Sound for the same reason as above.
    secrets: readPrivateJson(join(folder, 'secrets.json')) as Secrets,
    tenant: existsSync(join(folder, 'tenant.json'))
      ? (readPrivateJson(join(folder, 'tenant.json')) as TenantFile)
      : null,
  }
}
