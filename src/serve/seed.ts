import { newSiteKey } from '../api/collections.ts';
import { hashKey, newKey } from '../api/keys.ts';
import { ConflictError } from '../registry/registry.ts';
import type { Core } from './core.ts';

/** What the first start has to tell, once. */
export interface Welcome {
  readonly adminKey: string | undefined;
}

/** A first site and, unless the environment names one, a first admin key, so that a newcomer can begin. */
export async function seed({ registry, config }: Core): Promise<Welcome> {
  let adminKey: string | undefined;
  try {
    if (registry.version('site', 'main') === 0 && registry.list('site').length === 0) {
      await registry.put(
        'site',
        'main',
        { name: 'My site', domains: ['localhost', '127.0.0.1'], key: newSiteKey() },
        0,
        'first start',
      );
    }
    if (config.adminKey === undefined && registry.version('key', 'admin') === 0) {
      const key = newKey();
      await registry.put(
        'key',
        'admin',
        { name: 'Admin key of the first start', scopes: ['admin'], hash: hashKey(key) },
        0,
        'first start',
      );
      adminKey = key;
    }
  } catch (error) {
    // Another process started for the first time in the same moment, and it is the one to tell.
    if (!(error instanceof ConflictError)) throw error;
  }
  return { adminKey };
}
