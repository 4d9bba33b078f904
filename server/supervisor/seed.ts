import { join } from 'node:path'
import { operatorName } from '../admin/operator.ts'
import { auditSealNotes } from '../admin/seal-note.ts'
import { seedDeployment } from '../admin/seed.ts'
import type { Home } from '../init/init.ts'
import { writePrivate } from '../private-files.ts'
import type { Settings } from '../settings.ts'
import type { Storage } from './storage.ts'

/** What an administrator would set up by hand. A database whose admin we are not is left alone. */
export async function seed(home: Home, settings: Settings, storage: Storage): Promise<void> {
  const vaultUrl = storage.adminUrl('vault')
  const gatewayUrl = storage.adminUrl('gateway')
  if (vaultUrl === null || gatewayUrl === null) return
  const { mode } = home.deployment
  // For `sallyport tenant` and `sallyport admin`, which work while the deployment runs.
  writePrivate(join(home.folder, 'config', 'admin.json'), { mode, vault_url: vaultUrl, gateway_url: gatewayUrl })
  const { tenant } = home
  await seedDeployment({
    mode,
    vaultUrl,
    gatewayUrl,
    operator: operatorName(),
    tenant: tenant && {
      id: tenant.tenant,
      name: settings.business,
      publishableKey: tenant.publishable_key,
      secretKey: tenant.secret_key,
    },
    origins: [...new Set([settings.urls.demo, ...settings.origins])],
    processor: mode === 'sandbox' ? { baseUrl: settings.urls.processor, secret: home.secrets.sandbox_processor } : null,
    epochs: home.epochs,
  })
  await auditSealNotes(home.folder, { mode, vaultUrl, gatewayUrl })
}
