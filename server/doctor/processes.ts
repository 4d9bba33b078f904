/** What runs, as /proc shows it: users, permission flags, environment by name, core files, tracing. Linux alone. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type InstanceName, isInstance, processOf, processUsers } from '../process-users.ts'
import { collectFlag, flags } from '../supervisor/child.ts'
import { configFile, filesOf } from '../supervisor/walls.ts'
import { type Finding, judge, missing, unseen, up } from './finding.ts'
import { type Place, readJson } from './place.ts'

const walls = ['users', 'permission model', 'inspector', 'environment', 'core files', 'tracing']
const restartTodo = 'start it with `npm start` or `sallyport start`, which set it for every process'

export function processesAsFound(place: Place, proc = '/proc'): Finding[] {
  const running = [...place.running.keys()].filter(isInstance)
  if (running.length === 0) return walls.map((wall) => unseen(wall, 'nothing runs in this home'))
  if (!existsSync(join(proc, 'self'))) return walls.map((wall) => unseen(wall, 'there is no /proc on this system'))
  const read = (name: InstanceName | 'supervisor', file: string): string | null => {
    try {
      return readFileSync(join(proc, String(place.running.get(name)), file), 'utf8')
    } catch {
      return null
    }
  }
  const uids = new Map(running.map((name) => [name, /^Uid:\s+(\d+)/m.exec(read(name, 'status') ?? '')?.[1]]))
  const commands = new Map(running.map((name) => [name, read(name, 'cmdline')?.split('\0') ?? []]))
  const apart = running.every((name) => uids.get(name) === String(processUsers[processOf(name)].uid))
  return [
    usersWall(place, running, uids),
    judge(
      'permission model',
      running.flatMap((name) => otherFlags(place, name, commands.get(name) ?? [])),
      'each process opens the files of its own list and starts no program',
      restartTodo,
    ),
    judge(
      'inspector',
      running.flatMap((name) => inspectable(name, commands.get(name) ?? [])),
      'no process can be debugged by a signal or at a port',
      restartTodo,
    ),
    environment(running, read),
    coreFiles(place, running, read),
    tracing(apart, proc),
  ]
}

function usersWall(
  place: Place,
  running: readonly InstanceName[],
  uids: ReadonlyMap<InstanceName, string | undefined>,
): Finding {
  if (place.oneUser !== null && place.self !== 0) {
    return missing('users', place.oneUser, 'in production run it as root, or each process on a machine of its own')
  }
  const wrong = running.flatMap((name) => {
    const uid = uids.get(name)
    return uid === String(processUsers[processOf(name)].uid) ? [] : [`${name} runs as the user ${uid ?? 'unknown'}`]
  })
  const todo = place.oneUser === null ? 'stop it and start it as root' : place.oneUser
  return judge('users', wrong, 'each process has a user of its own: files, memory, signals and sockets are apart', todo)
}

/** Flags that are not the plan's: a path too many is a hole, one too few will fail by itself and is said too. */
function otherFlags(place: Place, name: InstanceName, command: readonly string[]): string[] {
  const config = configFile(place, name)
  // A certificate of the operator's own, read where it is renewed.
  const { cert, key } = readJson(config)?.tls ?? {}
  const own = [cert, key].filter((path) => typeof path === 'string')
  const { read, write, addons = false } = filesOf(place, name)
  const wanted = new Set([...flags({ config, files: { read: [...read, ...own], write, addons } }), collectFlag])
  const found = command.slice(1).filter((argument) => argument.startsWith('--'))
  if (!found.includes('--permission')) return [`${name} runs without the permission model`]
  const tooMany = found.filter((flag) => !wanted.has(flag) && !/^--inspect/.test(flag))
  return tooMany.map((flag) => `${name} runs with ${flag}`)
}

function inspectable(name: InstanceName, command: readonly string[]): string[] {
  return [
    ...(command.includes('--disable-sigusr1') ? [] : [`${name} opens its inspector at SIGUSR1`]),
    ...command.filter((argument) => /^--inspect/.test(argument)).map((flag) => `${name} runs with ${flag}`),
  ]
}

type Read = (name: InstanceName | 'supervisor', file: string) => string | null

/** Names alone are looked at and shown. */
function environment(running: readonly InstanceName[], read: Read): Finding {
  const expected = /^(PATH|NODE_ENV|SALLYPORT_CONFIG|NODE_CHANNEL_\w+)$/
  const wrong: string[] = []
  for (const name of running) {
    const text = read(name, 'environ')
    if (text === null) return unseen('environment', 'belongs to other users; look as root')
    const names = text.split('\0').map((line) => line.split('=', 1)[0] ?? '')
    for (const other of names) if (other !== '' && !expected.test(other)) wrong.push(`${name} sees ${other}`)
  }
  return judge(
    'environment',
    wrong,
    'no process sees a secret or anything of the shell in its environment',
    restartTodo,
  )
}

function coreFiles(place: Place, running: readonly InstanceName[], read: Read): Finding {
  const all = place.running.has('supervisor') ? [...running, 'supervisor' as const] : running
  const wrong = all.flatMap((name) => {
    // The soft limit decides, and a Node process cannot raise it.
    const limit = /^Max core file size\s+(\S+)/m.exec(read(name, 'limits') ?? '')?.[1]
    return limit === '0' ? [] : [`${name} may leave a core file`]
  })
  return judge(
    'core files',
    wrong,
    'a crash leaves no memory on the disk',
    'start it with `npm start` or `sallyport start`',
  )
}

/** Yama's scope matters between processes of one user; across users the kernel refuses anyway. */
function tracing(apart: boolean, proc: string): Finding {
  if (apart) return up('tracing', 'users are apart, so no process may trace another')
  let scope: string | null = null
  try {
    scope = readFileSync(join(proc, 'sys', 'kernel', 'yama', 'ptrace_scope'), 'utf8').trim()
  } catch {
    // A kernel without Yama.
  }
  if (scope !== null && scope !== '0') return up('tracing', 'the kernel lets a process trace its own children alone')
  const says = 'a program of the same user may trace the processes; they themselves start no program'
  return missing('tracing', says, 'set kernel.yama.ptrace_scope to 1 where the kernel has it, or start as root')
}
