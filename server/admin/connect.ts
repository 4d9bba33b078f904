/** How a command reaches the databases of a deployment that runs: by the file that the supervisor left in the home. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Mode } from '../config.ts'
import { readPrivateJson } from '../private-files.ts'
import { readSettings } from '../settings.ts'
import { type Admin, AdminError, openAdmin } from './deployment.ts'
import { operatorName } from './operator.ts'

interface AdminFile {
  mode: Mode
  vault_url: string
  gateway_url: string
}

export async function connectAdmin(): Promise<Admin> {
  const { home } = readSettings()
  const path = join(home, 'config', 'admin.json')
  if (!existsSync(path))
    throw new AdminError(
      'not_now',
      'no deployment was started from this home yet, or its database keeps its admin to itself (SALLYPORT_ADMIN_DATABASE_URL gives it); run `sallyport start`, and set SALLYPORT_HOME if the home is elsewhere',
    )
  // Sound: the supervisor alone writes this file, into a folder that is ours alone.
  const { mode, vault_url: vaultUrl, gateway_url: gatewayUrl } = readPrivateJson(path) as AdminFile
  try {
    return await openAdmin({ mode, vaultUrl, gatewayUrl, operator: operatorName() })
  } catch (error) {
    if (error instanceof AdminError) throw error
    throw new AdminError(
      'not_now',
      'the database of this deployment does not answer; start the deployment with `sallyport start`, and type this again while it runs',
    )
  }
}
