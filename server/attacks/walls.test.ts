/**
 * A process that was taken over reaches for everything of the others on its machine. Each wall is attacked alone, so that
 * neither hides a hole in the other: the permission model with every process under one user, and users without the
 * permission model. The control is the same attacker behind neither.
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { roles } from '../config.ts'
import { doorSocket, ownSocket } from '../database/run-folder.ts'
import { type ProcessName, processNames, processUsers } from '../process-users.ts'
import { callersOf } from '../supervisor/walls.ts'
import { attackReport } from '../testing/attack-report.ts'
import { type Stack, startStack } from '../testing/stack.ts'
import type { Reach } from './testing/reach.ts'
import { takeOver, type Walls } from './testing/taken.ts'

const root = process.getuid?.() === 0
const linux = process.platform === 'linux'
const report = attackReport('Between the processes of one machine')
const usersReport = attackReport('A user for each process', { needs: 'root' })

let stack: Stack
let supervisor: number
beforeAll(async () => {
  stack = await startStack({ coreFiles: true })
  supervisor = JSON.parse(readFileSync(join(stack.home, 'supervisor.pid'), 'utf8')).pid
}, 100_000)
afterAll(() => stack?.stop())

const inHome = (...names: string[]): string[] => names.map((name) => join(stack.home, name))
const others = (name: ProcessName): ProcessName[] => processNames.filter((other) => other !== name)
const to = (kind: 'read' | 'open' | 'list' | 'write' | 'run', paths: readonly string[]): Reach[] =>
  paths.map((path) => ({ kind, path }))

/** Configurations, keys, secrets and records that are not this process's. */
const secretFiles = (name: ProcessName): Reach[] =>
  to('read', [
    ...inHome('secrets.json', 'tenant.json', 'deployment.json', 'logs/keyd.log'),
    ...others(name).map((other) => join(stack.home, 'config', `${other}.json`)),
    ...(name === 'keyd' ? [] : readdirSync(join(stack.home, 'keys')).map((key) => join(stack.home, 'keys', key))),
    ...inHome('postgres/data/PG_VERSION'),
  ])

const foreignWrites = (name: ProcessName): Reach[] =>
  to('write', [
    ...inHome(`config/${name}.json`, 'secrets.json', 'note'),
    ...(name === 'keyd' ? [] : inHome('keys/note')),
    ...(name === 'keyd' ? [] : inHome('run/keyd/note', 'run/keyd/egress/note')),
  ])

/** Environment, memory and files of processes that run, the supervisor's too, which once knew every secret. */
const otherProcesses = (name: ProcessName): Reach[] =>
  [...others(name).map((other) => stack.pid(other)), supervisor].flatMap((pid) => [
    { kind: 'read', path: `/proc/${pid}/environ` },
    { kind: 'read', path: `/proc/${pid}/maps` },
    { kind: 'open', path: `/proc/${pid}/mem` },
    { kind: 'list', path: `/proc/${pid}/fd` },
  ])

const signals = (name: ProcessName): Reach[] =>
  [...others(name).map((other) => stack.pid(other)), supervisor].map((pid) => ({ kind: 'signal', pid }))

/** Doors between two others, and the operator's ways to every other process. */
const foreignDoors = (name: ProcessName): Reach[] => [
  ...roles.flatMap((callee) =>
    callersOf[callee].flatMap((caller): Reach[] =>
      name === callee || name === caller ? [] : [{ kind: 'connect', path: doorSocket(stack.home, callee, caller) }],
    ),
  ),
  ...roles
    .filter((role) => role !== name)
    .map((role): Reach => ({ kind: 'ask', at: { socketPath: ownSocket(stack.home, role) }, path: '/metrics' })),
]

const portOf = (url: string): number => Number(new URL(url).port)

/** What listens at a TCP port of the machine is open to every process on it: there, keys decide. */
const foreignPorts = (name: ProcessName): { target: Reach; refused: string }[] => {
  const { gateway, capture, processor } = stack.direct
  const ask = (url: string, path: string, refused: string) => ({
    target: { kind: 'ask' as const, at: { port: portOf(url) }, path },
    refused,
  })
  return [
    // The demo is an agent and egress pays: they have the keys, and the control uses them.
    ...(name === 'demo' ? [] : [ask(gateway, '/v1/captures?conversation=a', 'HTTP 401')]),
    ...(name === 'egress' ? [] : [ask(processor, '/v1/payments', 'HTTP 401')]),
    ...[gateway, capture].map((url) => ask(url, '/metrics', 'HTTP 404')),
  ]
}

/** Starts it, reaches, ends it; gives each target with what became of it. */
async function attempt(name: ProcessName, walls: Walls, targets: readonly Reach[]): Promise<[string, string][]> {
  const taken = await takeOver(stack.home, name, walls)
  try {
    const outcomes = await taken.order<string[]>('reach', 'reachAll', targets)
    return targets.map((target, index) => [JSON.stringify(target), outcomes[index] ?? 'no answer'])
  } finally {
    await taken.end()
  }
}
const got = (outcomes: readonly [string, string][]): string[] =>
  outcomes.filter(([, outcome]) => outcome === 'got').map(([target]) => target)

/** What an open file is; empty for one that was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

const programs: Reach[] = [{ kind: 'run', path: '/bin/true' }, { kind: 'thread' }]

describe('the permission model alone, all processes under one user', () => {
  test.each(processNames)(
    'code in %s reads, writes and starts nothing that is not its own',
    async (name) => {
      const processes = linux ? [...otherProcesses(name), ...to('read', ['/proc/self/environ'])] : []
      const targets = [...secretFiles(name), ...foreignWrites(name), ...processes, ...programs]
      const ports = foreignPorts(name)
      const all = [...targets, ...ports.map(({ target }) => target)]
      const tried = await attempt(name, 'permission model alone', all)
      const [outcomes, atPorts] = [tried.slice(0, targets.length), tried.slice(targets.length)]
      expect(atPorts.map(([, outcome]) => outcome)).toEqual(ports.map(({ refused }) => refused))
      expect(got(outcomes)).toEqual([])
      expect(new Set(outcomes.map(([, outcome]) => outcome))).toEqual(new Set(['ERR_ACCESS_DENIED']))
    },
    30_000,
  )
})

describe.runIf(root)('users alone, without the permission model', () => {
  test.each(processNames)(
    'code in %s reaches no file, process or door of the others',
    async (name) => {
      const processes = linux ? otherProcesses(name) : []
      const targets = [
        ...secretFiles(name),
        ...foreignWrites(name),
        ...processes,
        ...signals(name),
        ...foreignDoors(name),
      ]
      expect(got(await attempt(name, 'user alone', targets))).toEqual([])
    },
    30_000,
  )
})

test('without walls the same code gets all of it (control)', async () => {
  const { sandbox_processor: processorKey } = JSON.parse(readFileSync(join(stack.home, 'secrets.json'), 'utf8'))
  const processes = linux ? otherProcesses('egress') : []
  const targets = [
    ...secretFiles('egress'),
    ...processes,
    ...signals('egress'),
    ...foreignDoors('egress'),
    ...programs,
    ...to('write', inHome('note', 'keys/note', 'run/keyd/egress/note')),
    // With the keys of whose business it is; the metrics that are at no port were asked for at the inner doors above.
    ...(
      [
        [stack.direct.gateway, '/v1/captures?conversation=a', stack.tenant.secret_key],
        [stack.direct.processor, '/v1/payments', processorKey],
      ] as const
    ).map(([url, path, bearer]): Reach => ({ kind: 'ask', at: { port: portOf(url) }, path, bearer })),
  ]
  const outcomes = await attempt('egress', 'none', targets)
  expect(outcomes.filter(([, outcome]) => outcome !== 'got')).toEqual([])

  const had = 'code running in any one process'
  report.row({
    attack: 'Read the configurations, keys, secrets and logs of the others',
    had,
    defended: 'refused for every file, by Node’s permission model',
    undefended: 'all read, keyd’s private keys and the file with every secret among them',
  })
  report.row({
    attack: 'Write into another’s folders, or change one’s own configuration for the next start',
    had,
    defended: 'refused',
    undefended: 'written',
  })
  report.row({
    attack: 'Read environment, memory maps, memory and open files of the others in /proc, and of the supervisor',
    had,
    defended: 'refused for every process',
    undefended: 'all opened',
  })
  report.row({
    attack: 'Ask at the TCP ports of gateway, card form and processor for captures, payments and metrics',
    had,
    defended: 'refused without the key of a tenant or an account; metrics are at no port, and nothing else listens',
    undefended: 'with the keys, and the metrics at the inner doors, all of it is answered',
  })
  report.row({ attack: 'Start a program or a thread', had, defended: 'refused', undefended: 'started' })
  if (!root) return
  usersReport.row({
    attack: 'The same files, folders and processes, from code that got past the permission model',
    had: 'native code in any one process',
    defended: 'refused by the kernel',
    undefended: 'all read and written',
  })
  usersReport.row({
    attack: 'Signals to the other processes and to the supervisor',
    had: 'code running in any one process',
    defended: 'refused by the kernel',
    undefended: 'delivered',
  })
  usersReport.row({
    attack: 'Connect to a door between two others, or to the operator’s way to a process',
    had: 'code running in any one process',
    defended: 'refused: a door’s folder may be entered by its callee and its caller',
    undefended: 'connected; signatures are then what is left',
  })
}, 30_000)

describe('what the attackers of these tests run behind', () => {
  test.runIf(linux)(
    'is what the real processes run behind: same flags, same user, same configuration',
    async () => {
      for (const name of roles) {
        const taken = await takeOver(stack.home, name)
        const [fake, real] = [taken.pid, stack.pid(name)].map((pid) => ({
          flags: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -2),
          environment: readFileSync(`/proc/${pid}/environ`, 'utf8')
            .split('\0')
            .filter((line) => line.startsWith('SALLYPORT_')),
          users: /^Uid:.*$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[0],
          groups: /^Groups:.*$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[0]?.trim(),
        }))
        await taken.end()
        expect(fake, name).toEqual(real)
        expect(fake?.flags).toContain('--permission')
        if (root) expect(fake?.users).toContain(String(processUsers[name].uid))
      }
    },
    30_000,
  )

  test.runIf(linux)('is a machine on which the deployment listens at four ports of the loopback and no other', () => {
    const postgres = Number(readFileSync(join(stack.home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])
    const pids = [...processNames.map(stack.pid), supervisor, postgres]
    const sockets = new Set(
      pids.flatMap((pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`))),
    )
    const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/net/${name}`, 'utf8').split('\n').slice(1))
    const listening = rows.map((row) => row.trim().split(/\s+/)).filter(([, , , state]) => state === '0A')
    const ours = listening.filter((row) => sockets.has(`socket:[${row[9]}]`)).map(([, address]) => address)
    const ports = Object.values(stack.direct).map((url) => portOf(url).toString(16).toUpperCase().padStart(4, '0'))
    expect([...new Set(ours)].sort()).toEqual(ports.map((port) => `0100007F:${port}`).sort())
  })

  /** Soft and hard limit of a process's core file, as the kernel has them. */
  const coreLimits = (pid: number): string[] =>
    /^Max core file size\s+(\S+)\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.slice(1) ?? []

  // Where the machine lets nobody have a core file there is nothing to show.
  test.runIf(linux && coreLimits(process.pid)[1] !== '0')(
    'is no core file, whoever started the deployment, and none of the processes can allow itself one',
    () => {
      expect(coreLimits(supervisor)[0], 'control: the shell that started it all allows them').not.toBe('0')
      for (const name of processNames) expect(coreLimits(stack.pid(name)), name).toEqual(['0', '0'])
    },
  )

  test('an inspector does not open at SIGUSR1; without the flag it does (control)', async () => {
    const taken = await takeOver(stack.home, 'keyd')
    process.kill(taken.pid, 'SIGUSR1')
    const plain = spawn(process.execPath, ['--inspect-port=0', '-e', 'process.stdin.resume(); console.log("up")'])
    let output = ''
    plain.stdout.once('data', () => plain.kill('SIGUSR1'))
    plain.stderr.on('data', (chunk) => (output += chunk))
    await expect.poll(() => output, { timeout: 10_000 }).toContain('Debugger listening')
    plain.kill('SIGKILL')
    expect(taken.log()).not.toContain('Debugger listening')
    await taken.end()
    report.row({
      attack: 'Open the inspector of another process by SIGUSR1',
      had: 'the right to send it a signal',
      defended: 'it does not open',
      undefended: 'it listens',
    })
  }, 30_000)
})
