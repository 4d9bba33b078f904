/**
 * The import matrices of the house as data: who may import whom between the top folders, and inside server/.
 * Each rule comes with an import that it must catch, so that a rule that catches nothing fails its own test.
 */
import type { Import } from './graph.ts'
import { isTest } from './graph.ts'

export interface Rule {
  says: string
  breaks(one: Import): boolean
  /** Imports that break this rule, for the test of the test. */
  caught: readonly Import[]
}

const value = (from: string, to: string): Import => ({ from, to, typeOnly: false })
const typed = (from: string, to: string): Import => ({ from, to, typeOnly: true })

const topOf = (path: string): string => path.split('/')[0] ?? ''
const isFile = (to: string): boolean => /\.(ts|css|json)$/.test(to) && to.includes('/') && !to.startsWith('@')
const isIn = (path: string, ...places: string[]): boolean => places.some((place) => path.startsWith(place))

/** What a top folder may import of the others; itself always. */
const mayImport: Record<string, readonly string[]> = {
  detect: [],
  protocol: ['detect'],
  crypto: ['protocol', 'detect'],
  widget: ['protocol', 'detect'],
  frame: ['protocol', 'detect', 'crypto'],
  agent: ['protocol', 'detect'],
  server: ['protocol', 'detect', 'crypto'],
  demo: ['agent', 'protocol', 'detect'],
  testing: ['protocol', 'detect'],
}

/** The demo's server knows Sallyport as a customer does, but its own door holds what all doors hold. */
const doorLimits = ['server/http-limits.ts', 'server/json-body.ts']

/** Packages that a top folder may import; server/ has rules of its own, tools and tests may take what they need. */
const mayTake: Record<string, readonly RegExp[]> = {
  detect: [],
  protocol: [/^zod\/mini$/],
  crypto: [/^@noble\/ciphers\//, /^node:/],
  widget: [/^@lit\/reactive-element$/, /^comlink$/],
  frame: [/^comlink$/, /^@noble\/ciphers\//],
  agent: [],
  demo: [/^express$/, /^helmet$/, /^node:/, /^sallyport\//],
  testing: [/^@?playwright/],
}

/** The files of protocol/ that describe HTTP to servers; browsers load none of them. */
const zodInProtocol = ['protocol/events.ts', 'protocol/agent-http.ts', 'protocol/inner-http.ts', 'protocol/leaks.ts']

const processes = ['gateway', 'intake', 'egress', 'keyd', 'keeper', 'screen']
const processOf = (path: string): string | null => {
  const name = path.startsWith('server/') ? path.split('/')[1] : undefined
  return name !== undefined && processes.includes(name) ? name : null
}

/** Who may import a place inside server/; a type alone is no power, so types are left out. */
const only = (place: string, ...who: string[]): Omit<Rule, 'caught'> => ({
  says: `${place} is imported by ${who.join(' and ')} alone`,
  breaks: ({ from, to, typeOnly }) => isIn(to, place) && !typeOnly && !isIn(from, place, ...who),
})

export const rules: readonly Rule[] = [
  {
    says: 'detect ← protocol ← everything; widget, frame and agent never import each other or server; demo imports agent alone',
    breaks: ({ from, to }) => {
      const allowed = mayImport[topOf(from)]
      if (isIn(from, 'demo/server/') && doorLimits.includes(to)) return false
      return allowed !== undefined && isFile(to) && topOf(to) !== topOf(from) && !allowed.includes(topOf(to))
    },
    caught: [
      value('widget/element.ts', 'frame/main.ts'),
      value('frame/main.ts', 'widget/element.ts'),
      value('frame/main.ts', 'server/config.ts'),
      typed('agent/index.ts', 'server/config.ts'),
      value('agent/index.ts', 'crypto/pan.ts'),
      value('demo/server/main.ts', 'server/log.ts'),
      value('demo/page/main.ts', 'widget/define.ts'),
      value('detect/luhn.ts', 'protocol/limits.ts'),
      value('protocol/ids.ts', 'crypto/lp.ts'),
      value('server/log.ts', 'agent/index.ts'),
      value('testing/index.ts', 'crypto/pan.ts'),
      typed('testing/cards.ts', 'server/config.ts'),
    ],
  },
  {
    says: 'each folder takes only the packages that it is allowed',
    breaks: ({ from, to, typeOnly }) => {
      const allowed = mayTake[topOf(from)]
      return allowed !== undefined && !isFile(to) && !typeOnly && !allowed.some((pattern) => pattern.test(to))
    },
    caught: [
      value('detect/index.ts', 'node:crypto'),
      value('agent/wire.ts', 'zod'),
      value('frame/main.ts', 'lit'),
      value('widget/element.ts', 'node:fs'),
      value('protocol/events.ts', 'zod'),
      value('testing/index.ts', 'node:fs'),
    ],
  },
  {
    says: 'of protocol/, only the HTTP shapes of servers use zod',
    breaks: ({ from, to }) => isIn(from, 'protocol/') && isIn(to, 'zod') && !zodInProtocol.includes(from),
    caught: [value('protocol/port.ts', 'zod/mini')],
  },
  {
    says: 'process folders never import each other, and what they share imports none of them',
    breaks: ({ from, to }) => {
      const callee = processOf(to)
      return callee !== null && topOf(from) === 'server' && processOf(from) !== callee
    },
    caught: [
      value('server/gateway/routes.ts', 'server/egress/charge.ts'),
      typed('server/intake/start.ts', 'server/keyd/unwrap.ts'),
      value('server/log.ts', 'server/gateway/routes.ts'),
    ],
  },
  {
    ...only('server/records/open.ts', 'server/egress/'),
    caught: [value('server/intake/mint.ts', 'server/records/open.ts')],
  },
  {
    ...only('server/records/seal.ts', 'server/intake/', 'server/admin/', 'server/init/'),
    caught: [value('server/egress/charge.ts', 'server/records/seal.ts')],
  },
  {
    ...only('server/grants/sign.ts', 'server/gateway/'),
    caught: [value('server/egress/charge.ts', 'server/grants/sign.ts')],
  },
  {
    ...only('server/keys/', 'server/keyd/', 'server/init/'),
    caught: [
      value('server/intake/mint.ts', 'server/keys/file.ts'),
      value('server/admin/seed.ts', 'server/keys/store.ts'),
    ],
  },
  {
    ...only('server/processors/', 'server/egress/'),
    caught: [value('server/gateway/charges.ts', 'server/processors/sandbox/adapter.ts')],
  },
  {
    says: 'only the composition file of egress names an adapter',
    breaks: ({ from, to, typeOnly }) =>
      /^server\/processors\/[^/]+\//.test(to) &&
      !typeOnly &&
      isIn(from, 'server/egress/') &&
      !/\/(main|start)\.ts$/.test(from),
    caught: [value('server/egress/charge.ts', 'server/processors/sandbox/adapter.ts')],
  },
  {
    says: "a processor's adapter and the sandbox processor share no code: they meet over HTTP",
    breaks: ({ from, to }) => {
      const server = 'server/processors/sandbox/server/'
      return isIn(to, server) && !isIn(from, server)
    },
    caught: [value('server/processors/sandbox/adapter.ts', 'server/processors/sandbox/server/books.ts')],
  },
  {
    ...only('server/auditor/', 'server/cli.ts'),
    caught: [value('server/keeper/start.ts', 'server/auditor/match.ts')],
  },
  {
    ...only('server/admin/', 'server/supervisor/', 'server/restore/command.ts', 'server/cli.ts'),
    caught: [value('server/gateway/start.ts', 'server/admin/seed.ts')],
  },
  {
    ...only('server/init/', 'server/supervisor/', 'server/admin/', 'server/restore/command.ts', 'server/cli.ts'),
    caught: [value('server/keyd/start.ts', 'server/init/secrets.ts')],
  },
  {
    says: 'what ships imports no test and no tool of tests',
    breaks: ({ from, to }) => isFile(to) && isTest(to) && !isTest(from),
    caught: [
      value('server/log.ts', 'server/testing/stack.ts'),
      value('agent/index.ts', 'e2e/stack.ts'),
      value('testing/index.ts', 'testing/cards.test.ts'),
      value('testing/index.ts', 'server/testing/frame.ts'),
    ],
  },
]

/** Tests may look anywhere; what ships may not. */
export const findBreaks = (imports: readonly Import[], rule: Rule): string[] =>
  imports
    .filter((one) => (rule.says.startsWith('what ships') || !isTest(one.from)) && rule.breaks(one))
    .map(({ from, to }) => `${from} imports ${to}`)
