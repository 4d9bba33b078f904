import { readFileSync } from 'node:fs'

/** What the shop is told by the file that SALLYPORT_CONFIG names. The secret key stays on this server. */
export interface DemoConfig {
  /** 127.0.0.1 when it is left out. */
  host?: string
  port: number
  public_url: string
  gateway_url: string
  secret_key: string
  publishable_key: string
  capture_origin: string
  widget_url: string
  /** The built page; `dist/demo` when it is left out. */
  page_dir?: string
}

/** Throws with the member's name, never with its value. */
export function readDemoConfig(path = process.env['SALLYPORT_CONFIG']): DemoConfig {
  if (path === undefined) throw new Error('SALLYPORT_CONFIG is not set; start the shop with `npm start`')
  const config = JSON.parse(readFileSync(path, 'utf8')) as DemoConfig // checked below, member by member
  for (const name of [
    'public_url',
    'gateway_url',
    'secret_key',
    'publishable_key',
    'capture_origin',
    'widget_url',
  ] as const) {
    if (typeof config[name] !== 'string') throw new Error(`the shop's configuration lacks ${name}`)
  }
  if (!Number.isInteger(config.port)) throw new Error("the shop's configuration lacks port")
  return config
}
