import { describe, expect, test } from 'vitest'
import { readSettings } from './settings.ts'

const role = (name: string): string => `SALLYPORT_${name}_DATABASE_URL`
const five = Object.fromEntries(
  ['GATEWAY', 'INTAKE', 'EGRESS', 'KEYD', 'KEEPER'].map((name) => [role(name), `postgres://${name}@db/x`]),
)

describe('settings', () => {
  test('an empty environment gives the documented addresses', () => {
    const settings = readSettings({})
    expect(settings.urls).toEqual({
      demo: 'http://shop.localhost:7400',
      gateway: 'http://127.0.0.1:7401',
      capture: 'http://capture.localhost:7402',
      processor: 'http://127.0.0.1:7403',
      screen: 'http://127.0.0.1:7404',
    })
    expect(settings).toMatchObject({ host: '127.0.0.1', databases: null, anyPan: false, demo: true, durable: true })
  })

  test('a name that is nearly one of ours is known as none', () => {
    const known = { SALLYPORT_ORIGINS: 'http://a.localhost', SALLYPORT_KEYD_DOORS: '/a', PATH: '/bin' }
    expect(readSettings({ ...known, SALLYPORT_ORIGIN: 'http://b.localhost' }).unknown).toEqual(['SALLYPORT_ORIGIN'])
  })

  test('a port moves its address, and a public address stays as it was given', () => {
    const settings = readSettings({ SALLYPORT_GATEWAY_PORT: '9001', SALLYPORT_INTAKE_URL: 'https://pay.example/' })
    expect(settings.urls.gateway).toBe('http://127.0.0.1:9001')
    expect(settings.urls.capture).toBe('https://pay.example')
  })

  test('origins are a comma separated list', () => {
    expect(readSettings({ SALLYPORT_ORIGINS: 'https://a.example, http://b.localhost:3000' }).origins).toEqual([
      'https://a.example',
      'http://b.localhost:3000',
    ])
  })

  test.each([
    [{ SALLYPORT_GATEWAY_PORT: '70000' }, 'SALLYPORT_GATEWAY_PORT'],
    [{ SALLYPORT_DEMO_PORT: '7401' }, 'SALLYPORT_…_PORT'],
    [{ SALLYPORT_ORIGINS: 'https://a.example/path' }, 'SALLYPORT_ORIGINS'],
    [{ SALLYPORT_GATEWAY_URL: 'javascript:alert(1)' }, 'SALLYPORT_GATEWAY_URL'],
    [{ SALLYPORT_ANY_PAN: 'yes' }, 'SALLYPORT_ANY_PAN'],
    [{ SALLYPORT_PROCESSOR_TIMEOUT_MS: '5s' }, 'SALLYPORT_PROCESSOR_TIMEOUT_MS'],
    [{ [role('KEYD')]: 'mysql://x' }, role('KEYD')],
    [{ SALLYPORT_GATEWAY_TLS_CERT: '/nowhere/cert.pem' }, 'SALLYPORT_GATEWAY_TLS_CERT'],
    [{ SALLYPORT_TRUST_PROXY: 'true' }, 'SALLYPORT_TRUST_PROXY'],
    [{ SALLYPORT_TRUST_PROXY: '10.0.0.0/8, 0.0.0.0/0' }, 'SALLYPORT_TRUST_PROXY'],
    [{ SALLYPORT_TRUST_PROXY: '::/0' }, 'SALLYPORT_TRUST_PROXY'],
    [{ SALLYPORT_SECURITY_CONTACT: 'security@shop.example' }, 'SALLYPORT_SECURITY_CONTACT'],
  ])('%j is refused by its name, and its value is not repeated', (environment, name) => {
    const refused = (): unknown => readSettings(environment)
    expect(refused).toThrow(name)
    for (const value of Object.values(environment)) expect(refused).not.toThrow(String(value))
  })

  test('nobody’s X-Forwarded-For is believed but that of the networks that are named', () => {
    expect(readSettings({}).trustProxy).toEqual([])
    expect(readSettings({ SALLYPORT_TRUST_PROXY: '10.0.0.0/8, 192.0.2.7,2001:db8::/32' }).trustProxy).toEqual([
      '10.0.0.0/8',
      '192.0.2.7',
      '2001:db8::/32',
    ])
  })

  test('a certificate and its key come together, and make the address https', () => {
    const files = { SALLYPORT_INTAKE_TLS_CERT: import.meta.filename, SALLYPORT_INTAKE_TLS_KEY: import.meta.filename }
    expect(readSettings(files).urls).toMatchObject({
      gateway: 'http://127.0.0.1:7401',
      capture: 'https://capture.localhost:7402',
    })
    expect(() => readSettings({ SALLYPORT_INTAKE_TLS_CERT: import.meta.filename })).toThrow('SALLYPORT_INTAKE_TLS_KEY')
  })

  test('a Postgres of one’s own is five URLs or none', () => {
    expect(readSettings(five).databases).toMatchObject({ keyd: 'postgres://KEYD@db/x', owner: null, admin: null })
    const { [role('KEYD')]: _keyd, ...four } = five
    expect(() => readSettings(four)).toThrow(`not set: ${role('KEYD')}`)
  })
})
