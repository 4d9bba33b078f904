import type { Home } from '../init/init.ts'
import type { Settings } from '../settings.ts'
import type { Storage } from './storage.ts'

export async function seed(_home: Home, _settings: Settings, _storage: Storage): Promise<void> {}
