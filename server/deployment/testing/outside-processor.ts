/**
 * The sandbox processor outside of the deployment, as a real one is: it lives on when the supervisor is killed, so that what was
 * sent to it has arrived.
 */
import { join } from 'node:path'
import type { Secrets } from '../../init/secrets.ts'
import { readPrivateJson } from '../../private-files.ts'
import { startSandbox } from '../../processors/sandbox/server/start.ts'
import type { Stack } from '../../testing/stack.ts'
import { asSuperuser } from './nothing-lost.ts'

export interface OutsideProcessor {
  /** Its books, a line a change. */
  books: string
  close(): Promise<void>
}

/** Before the first charge. A start of the deployment would lead its account back to the processor that it runs itself. */
export async function takeOutside(stack: Stack, folder: string): Promise<OutsideProcessor> {
  // Sound: the home's own file.
  const { sandbox_processor: secret } = readPrivateJson(join(stack.home, 'secrets.json')) as Secrets
  const books = join(folder, 'processor', 'state.json')
  const { port, close } = await startSandbox({ port: 0, state_file: books, secret })
  const vault = await asSuperuser(stack, 'vault')
  await vault.query(`
    create function stays_outside() returns trigger language plpgsql as $$
      begin new.base_url := 'http://127.0.0.1:${port}'; return new; end $$;
    create trigger stays_outside before update on accounts for each row execute function stays_outside();
    update accounts set base_url = base_url;`)
  await vault.end()
  return { books, close }
}
