import { constants } from 'node:fs';
import { copyFile, mkdir, open, realpath, rename } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { type Context, DeliveryError } from '../destination.ts';
import { checkDropName, type Drop, UPLOADING } from './drop.ts';
import type { DropSettings } from './settings.ts';

/**
 * A folder of this machine, below `context.drops` and never outside: whoever may write destinations must not be able
 * to write any file of the machine. Links that lead out are not followed.
 *
 * @throws DeliveryError
 */
export async function openFolder({ drops, settings, abort }: Context<DropSettings>): Promise<Drop> {
  const folder = await asDelivery(async () => {
    await mkdir(drops, { recursive: true });
    const root = await realpath(drops);
    const wanted = join(root, settings.path);
    await makeBelow(root, settings.path);
    const real = await realpath(wanted);
    if (!isBelow(root, real)) throw leadsOut();
    return real;
  });
  return {
    async put(name, file) {
      checkDropName(name);
      abort.throwIfAborted();
      await asDelivery(async () => {
        const target = join(folder, name);
        await copyFile(file, target + UPLOADING, constants.COPYFILE_FICLONE);
        await sync(target + UPLOADING);
        await rename(target + UPLOADING, target);
        // The name, too, is to outlive a power cut.
        await sync(folder);
      });
    },
    async close() {},
  };
}

/** Step by step: made at once, a link on the way would have folders made outside before anybody looked. */
async function makeBelow(root: string, path: string): Promise<void> {
  let at = root;
  for (const step of path.split('/').filter((step) => step !== '')) {
    at = join(at, step);
    await mkdir(at, { recursive: true });
    if (!isBelow(root, await realpath(at))) throw leadsOut();
  }
}

const isBelow = (root: string, path: string): boolean => path === root || path.startsWith(root + sep);

const leadsOut = () => new DeliveryError('rejected', 'the folder leads out of the drops', { retry: false });

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function asDelivery<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DeliveryError) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    // Room is made and rights are given by people: worth another try.
    throw new DeliveryError('unavailable', `the folder cannot be written: ${code}`, { retry: true });
  }
}
