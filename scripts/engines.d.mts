export function findEngines(how: { install: boolean; names?: readonly string[] }): Promise<{
  missing: { name: string; words: string }[]
  environment: Record<string, string>
}>
