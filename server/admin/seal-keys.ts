/** `sallyport keys seal`: gives a file store that has none its passphrase. It needs no database; the deployment rests. */
import { sealKeys } from '../init/key-store.ts'
import { modeOf } from '../init/init.ts'
import type { Settings } from '../settings.ts'
import { takeLock } from '../supervisor/lock.ts'
import { AdminError } from './deployment.ts'
import { operatorName } from './operator.ts'
import { leaveSealNote } from './seal-note.ts'

/** Gives the sentence for the person. Throws one that says what to do; nothing is changed then, or it goes on at the next call. */
export async function sealFileKeys(
  settings: Pick<Settings, 'home' | 'keys' | 'keysPassphrase'>,
): Promise<{ sealed: number; text: string }> {
  const { home } = settings
  const url = settings.keys ?? `file:${home}/keys`
  if (modeOf(home) === null)
    throw new AdminError(
      'not_found',
      `there is no deployment in ${home}; make one with \`sallyport init\`, or set SALLYPORT_HOME`,
    )
  if (!url.startsWith('file:'))
    throw new AdminError('malformed', 'sealing is for a file store; what SALLYPORT_KEYS names keeps its keys by itself')
  // keyd would go on with keys that it has read, and find none of those that it has not.
  const lock = await takeLock(home)
  try {
    const note = leaveSealNote(home, operatorName(), Date.now())
    const sealed = await sealKeys(url, settings)
    if (sealed === 0) note.drop()
    else note.done()
    return {
      sealed,
      text:
        sealed === 0
          ? 'the key store was sealed before, by this passphrase; nothing was changed'
          : `the key store is sealed now (${sealed} files). Keep the passphrase where the keys are not: without it no stored card opens. Copies of the unsealed files, in backups or snapshots, still open what they hold; \`sallyport keys rotate\` takes new cards to a key that never lay there`,
    }
  } finally {
    lock.release()
  }
}
