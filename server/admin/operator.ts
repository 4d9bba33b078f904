import { userInfo } from 'node:os'

/** Who types, for the audit log: the operating system's user; a number where it has no name. */
export function operatorName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
