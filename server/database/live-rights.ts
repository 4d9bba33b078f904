/** The grants of a live database in the words of rights.ts, so that the two can be compared. */
import type pg from 'pg'
import type { Rights } from './rights.ts'
import type { DatabaseRole } from './roles.ts'

const grantee = "coalesce(replace(nullif(r.rolname, ''), 'sallyport_', ''), 'PUBLIC')"

const tableGrants = `
  select c.relname as name, case when x.grantee = 0 then 'PUBLIC' else ${grantee} end as role,
    lower(x.privilege_type) as privilege
  from pg_class c left join lateral aclexplode(c.relacl) x on x.grantee is distinct from c.relowner
    left join pg_roles r on r.oid = x.grantee
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname not in ('migrations', 'migrations_lock')
    -- A part of a table is reached through the table, and is here only where somebody has a right on it by itself.
    and (not c.relispartition or x.grantee is not null)
  order by 1, 2, 3`
const columnGrants = `
  select c.relname as name, case when x.grantee = 0 then 'PUBLIC' else ${grantee} end as role,
    lower(x.privilege_type) as privilege, string_agg(a.attname, ',' order by a.attname) as columns
  from pg_attribute a join pg_class c on c.oid = a.attrelid, lateral aclexplode(a.attacl) x
    left join pg_roles r on r.oid = x.grantee
  where c.relnamespace = 'public'::regnamespace and a.attacl is not null and x.grantee <> c.relowner
  group by 1, 2, 3 order by 1, 2, 3`
const functionGrants = `
  select p.proname as name, case when x.grantee = 0 then 'PUBLIC' else ${grantee} end as role
  from pg_proc p, lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
    left join pg_roles r on r.oid = x.grantee
  where p.pronamespace = 'public'::regnamespace and x.grantee <> p.proowner order by 1, 2`

/** Asked as a superuser or as the owner: others do not see every grant. */
export async function readRights(client: pg.ClientBase): Promise<Rights> {
  const live: Rights = { tables: {}, functions: {} }
  const add = (table: string, role: string, privilege: string): void => {
    const row = live.tables[table] ?? {}
    live.tables[table] = row
    // A role that rights.ts does not know is kept by its name, so that the comparison shows it.
    row[role as DatabaseRole] = [...(row[role as DatabaseRole] ?? []), privilege].sort()
  }
  const tables = await client.query<{ name: string; role: string | null; privilege: string | null }>(tableGrants)
  for (const { name, role, privilege } of tables.rows) {
    live.tables[name] ??= {}
    if (role !== null && privilege !== null) add(name, role, privilege)
  }
  const columns = await client.query<{ name: string; role: string; privilege: string; columns: string }>(columnGrants)
  for (const { name, role, privilege, columns: names } of columns.rows) add(name, role, `${privilege}(${names})`)
  const functions = await client.query<{ name: string; role: string }>(functionGrants)
  for (const { name, role } of functions.rows) {
    live.functions[name] = [...(live.functions[name] ?? []), role as DatabaseRole]
  }
  return live
}

/** What the live database has and the design does not, and the other way round, in words. */
export function compareRights(live: Rights, designed: Rights): { tooMany: string[]; missing: string[] } {
  const [has, should] = [grantsIn(live), grantsIn(designed)]
  return {
    tooMany: [...has].filter((grant) => !should.has(grant)),
    missing: [...should].filter((grant) => !has.has(grant)),
  }
}

/** One sentence a grant: `intake: insert on tokens`, `egress: record_read()`. */
export function grantsIn({ tables, functions }: Rights): Set<string> {
  const grants = new Set<string>()
  for (const [table, roles] of Object.entries(tables)) {
    for (const [role, privileges] of Object.entries(roles)) {
      for (const privilege of privileges ?? []) grants.add(`${role}: ${privilege} on ${table}`)
    }
  }
  for (const [name, roles] of Object.entries(functions)) for (const role of roles) grants.add(`${role}: ${name}()`)
  return grants
}
