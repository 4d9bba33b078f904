import pg from 'pg'

/** What each statement gives a role: its rows as text, or the code of the refusal. */
export async function statements(
  url: string,
  texts: readonly string[],
): Promise<{ rows: string; code: string | null }[]> {
  const client = new pg.Client({ connectionString: url })
  const outcomes: { rows: string; code: string | null }[] = []
  try {
    await client.connect()
  } catch (error) {
    await client.end().catch(() => undefined)
    return texts.map(() => ({ rows: '', code: codeOf(error) }))
  }
  for (const text of texts) {
    try {
      outcomes.push({ rows: JSON.stringify((await client.query(text)).rows), code: null })
    } catch (error) {
      outcomes.push({ rows: '', code: codeOf(error) })
    }
  }
  await client.end()
  return outcomes
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown'

/** The same server as somebody else, with the password that one has. */
export function asOther(url: string, role: string, database: string): string {
  const parsed = new URL(url)
  parsed.username = `sallyport_${role}`
  parsed.pathname = `/sallyport_${database}`
  return parsed.href
}

/** Every role with our own password, in every database where that role may be. */
export const borrowedRoles = (url: string): string[] =>
  (
    [
      ['gateway', 'gateway'],
      ['intake', 'vault'],
      ['egress', 'vault'],
      ['keeper', 'vault'],
      ['keyd', 'keyd'],
      ['admin', 'vault'],
      ['owner', 'vault'],
      ['super', 'vault'],
    ] as const
  )
    .filter(([role]) => !new URL(url).username.endsWith(role))
    .map(([role, database]) => asOther(url, role, database))

/** Which of these URLs let us in. */
export async function entered(_config: unknown, urls: readonly string[]): Promise<string[]> {
  const inside: string[] = []
  for (const url of urls)
    if ((await statements(url, ['select 1']))[0]?.code === null) inside.push(new URL(url).username)
  return inside
}
