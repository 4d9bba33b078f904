import { seedDeployment } from '../admin/seed.ts'
import type { Home } from '../init/init.ts'
import type { Settings } from '../settings.ts'
import type { Storage } from './storage.ts'

/** The business's name that the card form of the test tenant shows: the demo's. */
export const testBusiness = 'Harbour Rooms'

/** What an administrator would set up by hand, for the test tenant. A database whose admin we are not is left alone. */
export async function seed(home: Home, settings: Settings, storage: Storage): Promise<void> {
  const vaultUrl = storage.adminUrl('vault')
  const gatewayUrl = storage.adminUrl('gateway')
  if (vaultUrl === null || gatewayUrl === null) return
  const { mode } = home.deployment
  const { tenant, publishable_key: publishableKey, secret_key: secretKey } = home.tenant
  await seedDeployment({
    mode,
    vaultUrl,
    gatewayUrl,
    tenant: { id: tenant, name: testBusiness, publishableKey, secretKey },
    origins: [...new Set([settings.urls.demo, ...settings.origins])],
    processor: mode === 'sandbox' ? { baseUrl: settings.urls.processor, secret: home.secrets.sandbox_processor } : null,
    epochs: home.epochs,
  })
}
