/** For the test: set-up scripts are plain JavaScript. */
export interface Verdict {
  failed: boolean
  words: string
}
export function inCI(environment?: Record<string, string | undefined>): boolean
export function auditSignatures(command?: string, args?: string[]): Promise<Verdict>
export function verdict(answer: string, complaint: string): Verdict
