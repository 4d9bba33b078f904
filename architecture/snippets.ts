/** Code that stands in documents: taken out of its fences, and compiled as a customer's project would. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './graph.ts'

export const blocks = (text: string, language: RegExp): string[] =>
  [...text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```/gm)]
    .filter(([, name = '']) => language.test(name))
    .map(([, , code = '']) => code)

/** The rows of every table below a heading, each as the text of its cells; without its head. */
export function rowsBelow(text: string, heading: string): string[][] {
  const [, section = ''] = text.split(new RegExp(`^#+ ${heading}$`, 'm'))
  const [before = ''] = section.split(/^#+ /m)
  const rows = before.split('\n').filter((line) => line.startsWith('| '))
  const cells = rows.map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )
  return cells.filter(([first = ''], at) => !/^-+$/.test(first) && !/^\|? *---/.test(rows[at + 1] ?? ''))
}

/** What the compiler says to the snippets, each a module of its own; empty when it is content. */
export function compile(folder: string, snippets: readonly string[]): string {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [index, code] of snippets.entries())
    writeFileSync(join(folder, `snippet-${index}.ts`), `${code}\nexport {}\n`)
  return compileProject(folder, { extends: '../../tsconfig.json', compilerOptions: { noEmit: true }, include: ['.'] })
}

/** The same for a project whose configuration is written into the folder. */
export function compileProject(folder: string, config: object): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  // One thread: for a few files the compiler's others only do the same again.
  const result = spawnSync(process.execPath, [tsc, '-p', folder, '--singleThreaded'], { encoding: 'utf8', cwd: root })
  return result.status === 0 ? '' : result.stdout + result.stderr
}
