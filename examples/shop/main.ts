/** Starts the shop beside a deployment that runs, with what its environment says. Prints its address, and ends on SIGTERM. */
import { join } from 'node:path'
import { startShop } from './server.ts'

const { SHOP_PORT = '7410', SHOP_GATEWAY, SHOP_CAPTURE_ORIGIN, SHOP_PUBLISHABLE_KEY, SHOP_SECRET_KEY } = process.env
if (!SHOP_GATEWAY || !SHOP_CAPTURE_ORIGIN || !SHOP_PUBLISHABLE_KEY || !SHOP_SECRET_KEY)
  throw new Error(
    'SHOP_GATEWAY, SHOP_CAPTURE_ORIGIN, SHOP_PUBLISHABLE_KEY and SHOP_SECRET_KEY say which deployment it is',
  )

const { version, files } = await (await fetch(`${SHOP_GATEWAY}/widget/sri.json`)).json()
const shop = await startShop({
  port: Number(SHOP_PORT),
  pages: join(import.meta.dirname, '..', 'dist'),
  gatewayUrl: SHOP_GATEWAY,
  secretKey: SHOP_SECRET_KEY,
  // From ../.env, with which the pages are built.
  replace: {
    'http://127.0.0.1:7401': SHOP_GATEWAY,
    'http://capture.localhost:7402': SHOP_CAPTURE_ORIGIN,
    pk_test_your_own: SHOP_PUBLISHABLE_KEY,
    '/widget/1.0.0/': `/widget/${version}/`,
    'sha384-of_this_version': files['sallyport.js'],
  },
})
console.log(`http://chat.localhost:${shop.port}`)
// The agent may still be waiting for cards; a shop that is told to end does not.
process.once('SIGTERM', () => void shop.close().then(() => process.exit()))
