/** The home on the disk: who may read secrets, configurations and keys. */
import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { isInstance, processNames, processOf, processUsers } from '../process-users.ts'
import { configFile, folderOwners, keyFolder } from '../supervisor/walls.ts'
import { type Finding, judge, unseen } from './finding.ts'
import type { Place } from './place.ts'

const chmodTodo =
  'close them (chmod 600 for files, 700 for folders), and make new secrets if others may have read these'
const startTodo = 'start it once as root: a start gives each file to its process'

export function filesAsFound(place: Place): Finding[] {
  return [home(place), secrets(place), configurations(place), keys(place), folders(place)]
}

interface Wanted {
  uid: number
  gid?: number
  mode: number
}

/** What differs, as `keys/mac.json has the mode 644, not 600`. Null for what is not there. */
function differs(path: string, name: string, { uid, gid, mode }: Wanted): string[] | null {
  const stats: Stats | undefined = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return null
  if (stats.isSymbolicLink()) return [`${name} is a symbolic link`]
  const found = stats.mode & 0o7777
  return [
    ...(found === mode ? [] : [`${name} has the mode ${found.toString(8)}, not ${mode.toString(8)}`]),
    ...(stats.uid === uid ? [] : [`${name} belongs to the user ${stats.uid}, not ${uid}`]),
    ...(gid === undefined || stats.gid === gid ? [] : [`${name} belongs to the group ${stats.gid}, not ${gid}`]),
  ]
}

const users = (place: Place): boolean => place.oneUser === null && place.wasStarted

function home(place: Place): Finding {
  const { folder, self } = place
  const stats = lstatSync(folder)
  // As root the processes' users and the database's pass through it to what is theirs.
  const allowed = self === 0 ? 0o711 : 0o700
  const loose = stats.mode & 0o777 & ~allowed
  const wrong = [
    ...(loose === 0 ? [] : [`${folder} has the mode ${(stats.mode & 0o777).toString(8)}`]),
    ...(stats.uid === self ? [] : [`${folder} belongs to the user ${stats.uid}`]),
  ]
  return judge('home', wrong, `nobody else may list ${folder} or write to it`, `chmod ${allowed.toString(8)} ${folder}`)
}

function secrets({ folder, self }: Place): Finding {
  const names = ['deployment.json', 'secrets.json', 'tenant.json']
  const wrong = names.flatMap((name) => differs(join(folder, name), name, { uid: self, mode: 0o600 }) ?? [])
  return judge('secrets', wrong, 'no process can read the file with all secrets, nor the test tenant’s keys', chmodTodo)
}

function configurations(place: Place): Finding {
  if (!place.wasStarted) return unseen('configurations', 'not written before the first start')
  const twins = [...place.running.keys()].filter(isInstance)
  const wrong = [...new Set([...processNames, ...twins])].flatMap((name) => {
    const wanted = users(place)
      ? { uid: 0, gid: processUsers[processOf(name)].gid, mode: 0o640 }
      : { uid: place.self, mode: 0o600 }
    return differs(configFile(place, name), `config/${name}.json`, wanted) ?? []
  })
  const good = users(place)
    ? 'each can be read by its own process alone, and changed by none'
    : 'nobody else may read them; between the processes stands the permission model'
  return judge('configurations', wrong, good, users(place) ? startTodo : chmodTodo)
}

function keys(place: Place): Finding {
  const [folder] = keyFolder(place.keyStore)
  if (folder === undefined) return unseen('keys', 'the key store is not a folder; its own tools say who may use it')
  const uid = users(place) ? processUsers.keyd.uid : place.self
  const wrong = differs(folder, 'the key store', { uid, mode: 0o700 })
  if (wrong === null) return judge('keys', [`${folder} is not there`], '', 'make it once with `sallyport init`')
  let names: string[] = []
  try {
    names = readdirSync(folder)
  } catch {
    return unseen('keys', `the key store belongs to somebody else; look as root, or as the user ${uid}`)
  }
  wrong.push(...names.flatMap((name) => differs(join(folder, name), `keys/${name}`, { uid, mode: 0o600 }) ?? []))
  const sealed = names.includes('seal.json')
  if (!sealed && place.mode === 'live') wrong.push('the key store of a live deployment is not sealed by a passphrase')
  const kind = `a file store, ${sealed ? 'sealed by a passphrase' : 'not sealed by a passphrase'}, 0600 in a folder 0700`
  const good = users(place)
    ? `${kind}, which keyd’s user alone may read`
    : `${kind}; of the processes keyd alone reads it`
  return judge('keys', wrong, good, sealed || place.mode !== 'live' ? chmodTodo : 'seal it: `sallyport keys seal`')
}

function folders(place: Place): Finding {
  const own = [...folderOwners(place)].filter(([path]) => !keyFolder(place.keyStore).includes(path))
  const wrong = own.flatMap(([path, owner]) => {
    const uid = users(place) ? processUsers[owner].uid : place.self
    return differs(path, path.slice(place.folder.length + 1), { uid, mode: 0o700 }) ?? []
  })
  wrong.push(...(differs(join(place.folder, 'logs'), 'logs', { uid: place.self, mode: 0o700 }) ?? []))
  return judge(
    'folders',
    wrong,
    'checkpoints, logs and the sandbox processor’s books are closed to all others',
    chmodTodo,
  )
}
