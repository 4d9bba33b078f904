/** The folders of the inner doors: each may be entered by its two sides. */
import { lstatSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Role } from '../config.ts'
import { doorSocket, runPath } from '../database/run-folder.ts'
import { roles } from '../config.ts'
import { type InstanceName, instancesOf, processUsers } from '../process-users.ts'
import { callersOf } from '../supervisor/walls.ts'
import { type Finding, judge, unseen } from './finding.ts'
import type { Place } from './place.ts'

export function doorsAsFound(place: Place): Finding {
  const wall = 'doors'
  // Nine of each at most; what is not there is passed over below.
  const edges = roles.flatMap((callee) =>
    instancesOf(callee, 9).flatMap((one) => callersOf[callee].map((caller) => edge(place, callee, one, caller))),
  )
  const there = edges.filter(({ stats }) => stats !== undefined)
  if (there.length === 0) return unseen(wall, 'no process has its door open')
  const wrong = there.flatMap(({ name, stats, mode, uid, gid }) => {
    if (stats === undefined) return []
    const found = stats.mode & 0o7777
    return [
      ...(found === mode ? [] : [`the folder ${name} has the mode ${found.toString(8)}, not ${mode.toString(8)}`]),
      ...(stats.uid === uid ? [] : [`the folder ${name} belongs to the user ${stats.uid}, not ${uid}`]),
      ...(gid === null || stats.gid === gid ? [] : [`the folder ${name} may be entered by the group ${stats.gid}`]),
    ]
  })
  const where = `in ${runPath(place.folder)}`
  const good =
    place.oneUser === null
      ? `${where} each door’s folder may be entered by its callee and its caller`
      : `${where} their folders are closed to other users; between the processes stand signatures alone`
  return judge(wall, wrong, good, 'stop it and start it again, which lays the folders anew')
}

function edge(place: Place, callee: Role, instance: InstanceName, caller: Role) {
  const path = dirname(doorSocket(place.folder, instance, caller))
  const users = place.oneUser === null
  return {
    name: join('run', instance, caller),
    stats: lstatSync(path, { throwIfNoEntry: false }),
    mode: users ? 0o2710 : 0o700,
    uid: users ? processUsers[callee].uid : place.self,
    gid: users ? processUsers[caller].gid : null,
  }
}
