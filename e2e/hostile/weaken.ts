/**
 * Our own frame and widget with one defence taken out: the sources are built anew with a few lines changed. A line that
 * is not there any more fails the build, so that a control cannot turn into a copy of what it should differ from.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'vite'
import config from '../../vite.config.ts'

export interface Edit {
  /** From the root of the project. */
  file: string
  take: string
  put: string
}

const root = join(import.meta.dirname, '..', '..')
const slimming = new Set(['sallyport-comlink-answers', 'sallyport-smallest'])

type Files = Map<string, string>
const done = new Map<string, Promise<Files>>()

/** The built files by their path. The same edits are built once. */
export function buildWithout(mode: 'frame' | 'widget', edits: readonly Edit[]): Promise<Files> {
  const key = JSON.stringify([mode, edits])
  const known = done.get(key) ?? buildAnew(mode, edits)
  done.set(key, known)
  return known
}

async function buildAnew(mode: 'frame' | 'widget', edits: readonly Edit[]): Promise<Files> {
  for (const { file, take } of edits) {
    if (!readFileSync(join(root, file), 'utf8').includes(take)) throw new Error(`${file} does not say: ${take}`)
  }
  const plugin: Plugin = {
    name: 'sallyport-without-a-defence',
    enforce: 'pre',
    transform(code, id) {
      const own = edits.filter(({ file }) => id === join(root, file))
      return own.length === 0 ? null : own.reduce((text, { take, put }) => text.replace(take, () => put), code)
    },
  }
  const made = await config({ mode, command: 'build' })
  // Our build leaves out of Comlink what its guard refuses anyway; without the guard, Comlink is what its authors wrote.
  const plugins = (made.plugins ?? []).filter((one) => !(one && 'name' in one && slimming.has(one.name)))
  const built = await build({
    ...made,
    configFile: false,
    logLevel: 'silent',
    plugins: [plugin, ...plugins],
    build: { ...made.build, write: false },
  })
  if (Array.isArray(built) || !('output' in built)) throw new Error('one build was asked for')
  const text = (source: string | Uint8Array): string =>
    typeof source === 'string' ? source : Buffer.from(source).toString()
  return new Map(built.output.map((one) => [one.fileName, 'code' in one ? one.code : text(one.source)]))
}
