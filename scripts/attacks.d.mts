export function comparePage(options?: { found?: readonly object[]; path?: string; root?: boolean }): string | null
/** Paths of tests by the section of the page that they write. */
export const testsOf: Readonly<Record<string, readonly string[]>>
/** Parts of a section, from the processes that its tests ran in, as one. */
export function joined<Part extends { section: string; rows: readonly object[] }>(parts: readonly Part[]): Part[]
