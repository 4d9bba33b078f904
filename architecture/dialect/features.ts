/** What a statement needs of a server beyond plain tables and queries, found in its tree. */
import { type Node, nodesIn, type Statement } from './statements.ts'

/** Nowhere in the product: what not every cluster has, or has and does not keep. */
export const forbidden = {
  'advisory lock': 'some clusters accept it and do not keep it: take a row for update, or a lease',
  'LISTEN or NOTIFY': 'some clusters have none: ask again and again; a hint needs a place in this list with its reason',
  'snapshot or transaction number':
    'a horizon over the whole cluster, and other numbers elsewhere: number what is committed',
  'temporary table': 'lost at a pooler, and not everywhere in a transaction',
  cursor: 'bound to a session',
  COPY: 'not through every pooler, and never by a role of ours',
  extension: 'not everybody may make one',
  serializable: 'not the same everywhere; every statement is right at read committed',
  'two-phase commit': 'switched off at most hosts',
  'large object': 'not everywhere',
  rule: 'not everywhere',
  'exclusion constraint': 'not everywhere',
} as const

/** Used, and not the same in every cluster: `clusters.ts` says for each where it would have to change. */
export const uses = {
  'partitioned table': 'events and audit entries, in parts by the number of the row',
  'UNLOGGED table': 'codes, presence, the hour’s keys, budgets: no flush, nothing in a backup',
  trigger: 'what no role may do to modes, addresses and the audit logs, whoever writes',
  'SECURITY DEFINER function': 'every right beyond insert is one',
  'function in PL/pgSQL': 'decisions that have to be one transaction',
  'FOR UPDATE': 'the feed’s head, a charge, a capture',
  'SKIP LOCKED': 'several take from one list',
  'identity column': 'the order in which rows were written; events and audit entries get their place later',
  'partial index': 'what has no number yet, what is open',
  'ON CONFLICT': 'unique rows decide who was first',
  'WITH that writes': 'a token with its records in one round trip',
  'rights on columns': 'keeper changes two columns of a record, and no ciphertext',
  'default privileges': 'no function is everybody’s',
  'settings of a role': 'time-outs, search path',
  'set_config in a transaction': 'synchronous_commit for what must be on the disk before it is known',
  'error code of our own': 'refusals of functions',
  'DO block': 'in files of the schema alone',
  'statement made of text': 'names of parts, which no statement can have as a parameter',
  'system catalogue': 'the doctor, the schema and what makes parts ahead look at it',
} as const

export type Forbidden = keyof typeof forbidden
export type Feature = keyof typeof uses

/** Kinds of statements that were looked at; another one has to be, before it is here. */
export const knownKinds: ReadonlySet<string> = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'TransactionStmt', 'TruncateStmt', 'VariableSetStmt'],
  ...['CreateStmt', 'IndexStmt', 'AlterTableStmt', 'DropStmt', 'RenameStmt', 'CreateTrigStmt', 'CreateFunctionStmt'],
  ...[
    'GrantStmt',
    'CreateRoleStmt',
    'AlterRoleStmt',
    'AlterRoleSetStmt',
    'AlterDefaultPrivilegesStmt',
    'AlterOwnerStmt',
  ],
  ...['CreatedbStmt', 'DropdbStmt', 'DoStmt', 'CommentStmt', 'Dynamic', 'AlterSeqStmt', 'LockStmt'],
])

const names = (value: unknown): string[] =>
  [...nodesIn(value)].flatMap(([, { sval }]) => (typeof sval === 'string' ? [sval.toLowerCase()] : []))

const kindsForbidden: Readonly<Record<string, Forbidden>> = {
  ListenStmt: 'LISTEN or NOTIFY',
  NotifyStmt: 'LISTEN or NOTIFY',
  UnlistenStmt: 'LISTEN or NOTIFY',
  DeclareCursorStmt: 'cursor',
  CopyStmt: 'COPY',
  CreateExtensionStmt: 'extension',
  RuleStmt: 'rule',
}

const functionsForbidden: readonly (readonly [RegExp, Forbidden])[] = [
  [/^pg_(try_)?advisory/, 'advisory lock'],
  [/^pg_notify$/, 'LISTEN or NOTIFY'],
  [
    /^(txid_|pg_current_xact|pg_snapshot_|pg_visible_in_snapshot|pg_current_snapshot)/,
    'snapshot or transaction number',
  ],
  [/^lo_/, 'large object'],
]

export interface Found {
  feature: Feature | Forbidden
  statement: Statement
}

export function featuresOf(statement: Statement): Found[] {
  const found = new Set<Feature | Forbidden>()
  const { kind, tree } = statement
  const ban = kindsForbidden[kind]
  if (ban !== undefined) found.add(ban)
  if (kind === 'CreateTrigStmt') found.add('trigger')
  if (kind === 'DoStmt') found.add('DO block')
  if (kind === 'Dynamic') found.add('statement made of text')
  if (kind === 'CreateStmt' && (tree['partspec'] !== undefined || tree['partbound'] !== undefined))
    found.add('partitioned table')
  if (kind === 'AlterRoleSetStmt') found.add('settings of a role')
  if (kind === 'AlterDefaultPrivilegesStmt') found.add('default privileges')
  if (kind === 'IndexStmt' && tree['whereClause'] !== undefined) found.add('partial index')
  if (kind === 'TransactionStmt' && /PREPARE|PREPARED/.test(String(tree['kind']))) found.add('two-phase commit')
  if (kind === 'CreateFunctionStmt') {
    if (optionOf(tree, 'security') === true) found.add('SECURITY DEFINER function')
    if (optionOf(tree, 'language') === 'plpgsql') found.add('function in PL/pgSQL')
  }
  for (const [name, node] of nodesIn(tree)) {
    if (node['relpersistence'] === 'u') found.add('UNLOGGED table')
    if (node['relpersistence'] === 't') found.add('temporary table')
    if (name === 'LockingClause') found.add(node['waitPolicy'] === 'LockWaitSkip' ? 'SKIP LOCKED' : 'FOR UPDATE')
    if (name === 'onConflictClause') found.add('ON CONFLICT')
    if (name === 'Constraint' && node['contype'] === 'CONSTR_IDENTITY') found.add('identity column')
    if (name === 'Constraint' && node['contype'] === 'CONSTR_EXCLUSION') found.add('exclusion constraint')
    if (name === 'AlterTableCmd' && /Partition/.test(String(node['subtype']))) found.add('partitioned table')
    if (name === 'AccessPriv' && Array.isArray(node['cols'])) found.add('rights on columns')
    if (
      name === 'CommonTableExpr' &&
      /"(Insert|Update|Delete|Merge)Stmt"/.test(
        Object.keys(node['ctequery'] ?? {})
          .map((one) => `"${one}"`)
          .join(),
      )
    ) {
      found.add('WITH that writes')
    }
    if (name === 'RangeVar' && (/^pg_/.test(String(node['relname'])) || node['schemaname'] === 'information_schema')) {
      found.add('system catalogue')
    }
    if (name === 'DefElem' && names(node['arg']).includes('serializable')) found.add('serializable')
    if (name === 'FuncCall') {
      const called = names(node['funcname']).at(-1) ?? ''
      for (const [pattern, feature] of functionsForbidden) if (pattern.test(called)) found.add(feature)
      if (called === 'set_config') found.add('set_config in a transaction')
      if (called === 'charge_refuse') found.add('error code of our own')
    }
  }
  return [...found].map((feature) => ({ feature, statement }))
}

function optionOf(tree: Node, option: string): unknown {
  for (const [, node] of nodesIn(tree)) {
    if (node['defname'] !== option) continue
    for (const [, one] of nodesIn(node['arg']))
      if ('boolval' in one || 'sval' in one) return one['boolval'] ?? one['sval']
  }
  return undefined
}

/** What a file of the schema takes away from whoever uses what was there before; what it made itself is its own. */
export function narrowing(file: readonly Statement[]): string[] {
  const made = new Set(file.filter(({ kind }) => kind.startsWith('Create')).flatMap(({ tree }) => madeBy(tree)))
  // A table that gets another name, for one with its old name that is made in the same file.
  for (const { kind, tree } of file) {
    const [old] = relationOf(tree)
    if (kind === 'RenameStmt' && tree['renameType'] === 'OBJECT_TABLE' && old !== undefined && made.has(old))
      made.add(String(tree['newname']))
  }
  return file.flatMap(({ kind, tree, when }) => {
    if (when !== 'schema') return []
    if (kind === 'RenameStmt') return made.has(String(tree['newname'])) ? [] : ['renames']
    if (kind === 'DropStmt') {
      const type = String(tree['removeType'])
      const dropped = names(tree['objects'])
      // A trigger or an index is nobody's to name, and a function that is made anew in the same file is there again.
      return /TRIGGER|INDEX/.test(type) || dropped.some((name) => made.has(name)) ? [] : [`drops ${dropped[0] ?? type}`]
    }
    if (kind === 'GrantStmt' && tree['is_grant'] !== true) {
      const objects = [...nodesIn(tree['objects'])].flatMap(([, { relname }]) =>
        typeof relname === 'string' ? [relname] : [],
      )
      const all = [...objects, ...names(tree['objects'])]
      return all.some((name) => made.has(name)) ? [] : [`revokes on ${all[0] ?? 'something'}`]
    }
    if (kind !== 'AlterTableStmt' || relationOf(tree).some((name) => made.has(name))) return []
    return [...nodesIn(tree['cmds'])].flatMap(([name, { subtype }]) =>
      name === 'AlterTableCmd' && /AT_(DropColumn|SetNotNull|AlterColumnType|DropConstraint)$/.test(String(subtype))
        ? [String(subtype).slice(3)]
        : [],
    )
  })
}

const relationOf = (tree: Node): string[] =>
  [...nodesIn(tree['relation'])].flatMap(([, { relname }]) => (typeof relname === 'string' ? [relname] : []))

const madeBy = (tree: Node): string[] => [...relationOf(tree), ...names(tree['funcname'])]
