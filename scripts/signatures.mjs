/**
 * In CI: whether the registry signed what is installed (`npm audit signatures`). A signature that is wrong, or missing
 * where the registry gives them, fails the build. Where the registry or its keys cannot be reached nothing is known, and
 * that is said in as many words; it is not a failure, for the lock file's hashes were checked at installation all the same.
 */
import { spawn } from 'node:child_process'
import { root } from './root.mjs'

/** It runs beside the tests; a registry that says nothing for so long says nothing. */
const patienceMs = 90_000

export const inCI = (environment = process.env) => ['true', '1'].includes(environment['CI'] ?? '')

export function auditSignatures(command = 'npm', args = ['audit', 'signatures', '--json', '--loglevel=error']) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let answer = ''
    let complaint = ''
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, patienceMs)
    // A run that is ended leaves nobody behind.
    const end = () => child.kill('SIGKILL')
    process.once('exit', end)
    child.stdout.on('data', (chunk) => (answer += chunk))
    child.stderr.on('data', (chunk) => (complaint += chunk))
    child.once('error', (error) => resolve(unchecked(error.code ?? 'npm did not start')))
    child.once('close', () => {
      clearTimeout(timer)
      process.off('exit', end)
      resolve(late ? unchecked('the registry did not answer in time') : verdict(answer, complaint))
    })
  })
}

const unchecked = (why) => ({ failed: false, words: `could not be checked: ${why}` })

/** What npm found. Only its own JSON counts as a finding: without that, why it has none is all there is to tell. */
export function verdict(answer, complaint) {
  let found
  try {
    found = JSON.parse(answer)
  } catch {
    found = null
  }
  if (!Array.isArray(found?.invalid) || !Array.isArray(found?.missing)) {
    const code = found?.error?.code ?? /npm error code (\w+)/.exec(complaint)?.[1]
    const summary = found?.error?.summary ?? /npm error (?!code)(.+)/.exec(complaint)?.[1] ?? 'npm gave no answer'
    return unchecked([code, summary].filter(Boolean).join(', '))
  }
  const names = (list) => list.map(({ name, version }) => `${name}@${version}`).join(', ')
  if (found.invalid.length > 0) return { failed: true, words: `invalid: ${names(found.invalid)}` }
  if (found.missing.length > 0) return { failed: true, words: `missing: ${names(found.missing)}` }
  return { failed: false, words: 'all that the registry gives are valid' }
}
