/** Where tests keep what they throw away. */
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const memory = '/dev/shm'
/** Some ninety databases, fifteen clusters and the browsers' profiles, with room to spare. */
const bytesMin = 4 * 1024 ** 3

/**
 * A folder in memory for databases that live for seconds: making and dropping their files takes a fifth of the whole
 * run's time on a disk (ext4 looks for inodes that were not deleted just now). The system's own folder for temporary
 * files where there is no such memory, too little of it, or no program may be run from it.
 */
export function scratchFolder() {
  const folder = join(memory, 'sallyport-tests')
  try {
    const { bavail, bsize } = statfsSync(memory)
    if (bavail * bsize < bytesMin) return tmpdir()
    accessSync(memory, constants.W_OK)
    mkdirSync(folder, { recursive: true })
    // As the system's own: the database runs as another user, and so may whoever tests next.
    chmodSync(folder, 0o1777)
    return runsPrograms(folder) ? folder : tmpdir()
  } catch {
    return tmpdir()
  }
}

/** Gives the memory back, but for what another run has there. */
export function leaveScratch(folder) {
  if (folder === tmpdir()) return
  try {
    for (const name of readdirSync(folder))
      if (name.startsWith('playwright-transform-cache')) rmSync(join(folder, name), { recursive: true, force: true })
    rmdirSync(folder)
  } catch {}
}

function runsPrograms(folder) {
  const program = join(folder, `try-${process.pid}`)
  try {
    writeFileSync(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    return spawnSync(program).status === 0
  } finally {
    rmSync(program, { force: true })
  }
}
