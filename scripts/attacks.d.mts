export function comparePage(options?: { found?: readonly object[]; path?: string; root?: boolean }): string | null
