/**
 * Every SQL statement of the product, parsed by Postgres' own parser: the files of the schema with the bodies of their functions,
 * and the statements that stand in TypeScript.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query'
import { parseAst } from 'vite'
import { filesIn, isTest, read, root } from '../graph.ts'

export type Node = Readonly<Record<string, unknown>>

export interface Statement {
  /** The file, and where it is a function's the function. */
  at: string
  /** In the schema's files once, as the owner; elsewhere again and again, as a process or a command. */
  when: 'schema' | 'running'
  /** What kind it is, as the parser names it: `SelectStmt`, `CreateStmt`. */
  kind: string
  tree: Node
}

await loadModule()

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every object below, this one first, with the name under which it hangs. */
export function* nodesIn(value: unknown, name = ''): Generator<[name: string, node: Node]> {
  if (Array.isArray(value)) {
    for (const one of value) yield* nodesIn(one, name)
  } else if (isNode(value)) {
    yield [name, value]
    for (const [key, below] of Object.entries(value)) yield* nodesIn(below, key)
  }
}

/** Throws what the parser says. */
export function parseSql(sql: string, at: string, when: Statement['when']): Statement[] {
  // Sound: the parser's answer, whose members are looked at one by one.
  const { stmts = [] } = parseSync(sql) as { stmts?: { stmt: Node; stmt_location?: number; stmt_len?: number }[] }
  return stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
    const [kind = '', tree] = Object.entries(stmt)[0] ?? []
    if (!isNode(tree)) return []
    // The parser counts bytes.
    const text = Buffer.from(sql)
      .subarray(from, length === undefined ? undefined : from + length)
      .toString('utf8')
    return [{ at, when, kind, tree }, ...inside(kind, tree, text, at)]
  })
}

/** What a function's body holds. It runs again and again, whoever made it. */
function inside(kind: string, tree: Node, text: string, at: string): Statement[] {
  if (kind !== 'CreateFunctionStmt' && kind !== 'DoStmt') return []
  const option = (name: string): string | undefined => {
    for (const [, node] of nodesIn(tree)) {
      if (node['defname'] !== name) continue
      for (const [, one] of nodesIn(node['arg'])) if (typeof one['sval'] === 'string') return one['sval']
    }
    return undefined
  }
  const name = [...nodesIn(tree['funcname'])].flatMap(([, { sval }]) => (typeof sval === 'string' ? [sval] : [])).at(-1)
  const where = `${at} ${name ?? 'do'}()`
  const when = kind === 'DoStmt' ? 'schema' : 'running'
  const body = option('as') ?? ''
  if (option('language') === 'sql') return parseSql(body, where, when)
  const plpgsql =
    kind === 'DoStmt' ? `create function a_block() returns void language plpgsql as $block$${body}$block$` : text
  return [...nodesIn(parsePlPgSQLSync(plpgsql))].flatMap(([key, node]) =>
    key === 'PLpgSQL_stmt_dynexecute'
      ? [{ at: where, when, kind: 'Dynamic', tree: node }]
      : key === 'PLpgSQL_expr' && typeof node['query'] === 'string'
        ? parseSql(asStatement(node), where, when)
        : [],
  )
}

/** A statement as it is; an expression or the right side of an assignment as what is selected. */
const asStatement = ({ query, parseMode = 0 }: Node): string => {
  const text = String(query)
  if (parseMode === 0) return text
  return `select ${parseMode === 2 ? text : text.replace(/^[^:=]+:?=/, '')}`
}

const schemaFolders = ['gateway', 'vault', 'keyd'] as const

export const schemaFiles = (): string[] =>
  schemaFolders.flatMap((name) =>
    readdirSync(join(root, 'server/database', name))
      .filter((file) => file.endsWith('.sql'))
      .sort()
      .map((file) => `server/database/${name}/${file}`),
  )

const beginsLikeSql =
  /^\s*(select|insert into|update \w+ (\w+ )?set|delete from|with \w+|create|alter|drop|grant|revoke|truncate|begin|commit|rollback|savepoint|listen|notify|lock table|set (local|session|\w+ ?(=|to)))\b/i

/** Strings and templates that are SQL by how they begin; what is put into a template is a list of places to fill. */
export function sqlIn(source: string): { text: string; gaps: number }[] {
  const found: { text: string; gaps: number }[] = []
  // Sound: an ESTree.
  const tree: unknown = parseAst(source, { lang: 'ts' })
  for (const [, node] of nodesIn(tree)) {
    if (node['type'] === 'Literal' && typeof node['value'] === 'string') found.push({ text: node['value'], gaps: 0 })
    if (node['type'] !== 'TemplateLiteral' || !Array.isArray(node['quasis'])) continue
    const parts = node['quasis'].map((one: { value: { cooked?: string } }) => one.value.cooked ?? '')
    found.push({ text: parts.join(gap), gaps: parts.length - 1 })
  }
  return found.filter(({ text }) => beginsLikeSql.test(text) && / /.test(text.trim()))
}

const gap = '\u0000'
/** What may stand in a gap: a number, a name, a text, a condition, nothing, a list of columns with where they come from. */
const fillings = ['1', 'a_name', "'a text'", '', 'true', '(a) select 1', 'and true', ', 1', 'select 1'] as const

/** Null where nothing that fits makes it SQL. */
export function parseFilled(text: string, at: string): Statement[] | null {
  const gaps = text.split(gap).length - 1
  // All alike first, then every mixture of the first three.
  const rows = [...fillings.map((one) => Array<string>(gaps).fill(one)), ...mixtures(Math.min(gaps, 5), gaps)]
  for (const row of rows) {
    let next = 0
    try {
      return parseSql(
        text.replaceAll(gap, () => row[next++] ?? '1'),
        at,
        'running',
      )
    } catch {
      // Another filling may fit.
    }
  }
  return null
}

function* mixtures(mixed: number, gaps: number): Generator<string[]> {
  for (let code = 0; code < 3 ** mixed; code += 1) {
    yield Array.from({ length: gaps }, (_, index) => fillings[Math.floor(code / 3 ** index) % 3] ?? '1')
  }
}

export const productFiles = (): string[] => filesIn().filter((path) => path.startsWith('server/') && !isTest(path))

export interface Collected {
  statements: Statement[]
  /** Texts that begin like SQL and are none, by file. */
  unread: string[]
}

export function collect(): Collected {
  const statements = schemaFiles().flatMap((file) => parseSql(read(file), file, 'schema'))
  const unread: string[] = []
  for (const file of productFiles()) {
    for (const { text } of sqlIn(read(file))) {
      const parsed = parseFilled(text, file)
      if (parsed === null) unread.push(`${file}: ${text.replaceAll(gap, '…').replace(/\s+/g, ' ').slice(0, 70)}`)
      else statements.push(...parsed)
    }
  }
  return { statements, unread }
}
