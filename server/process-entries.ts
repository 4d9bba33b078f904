import type { ProcessName } from './process-users.ts'

/** Where each process begins. The build makes one file of each, which the supervisor starts where it is there. */
export const processEntries: Record<ProcessName, string> = {
  gateway: 'server/gateway/main.ts',
  intake: 'server/intake/main.ts',
  egress: 'server/egress/main.ts',
  keyd: 'server/keyd/main.ts',
  keeper: 'server/keeper/main.ts',
  processor: 'server/processors/sandbox/server/main.ts',
  demo: 'demo/server/main.ts',
}

/** Not of the deployment's plan: started alone, where the chat is. */
export const screenEntry = { screen: 'server/screen/main.ts' } as const

/** What a person starts. */
export const commandEntries = {
  supervisor: 'server/supervisor/main.ts',
  sallyport: 'server/cli.ts',
} as const
