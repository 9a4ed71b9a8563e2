import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join, relative, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/**
 * - `folder_locked`: another process works in the folder.
 * - `folder_unusable`: it cannot be made, written, or hold a lock.
 * - `secrets_unreadable`: its secrets.json is damaged.
 */
export type DataFolderFault = 'folder_locked' | 'folder_unusable' | 'secrets_unreadable';

/** A data folder that cannot be used; the message says what to do. */
export class DataFolderError extends Error {
  readonly reason: DataFolderFault;
  /** The process that holds the folder, as it numbers itself (in a container: inside the container). */
  readonly holder: number | undefined;

  constructor(reason: DataFolderFault, message: string, holder?: number) {
    super(message);
    this.name = 'DataFolderError';
    this.reason = reason;
    this.holder = holder;
  }
}

/** A data folder that is ours until {@link DataLock.release} or the end of this process, however it ends. */
export interface DataLock {
  /** Absolute path. */
  readonly folder: string;
  release(): Promise<void>;
}

const LOCK = /^lock\.(\d+)\.[0-9a-f]+$/;

/** Two that start in the same moment both step back; so does who meets a predecessor that is just ending. */
const ATTEMPTS = 5;

/**
 * Makes the folder (for its owner alone) and takes it for this process.
 *
 * The lock is a listening Unix socket in the folder. The kernel closes it with the process, also on SIGKILL,
 * and who asks whether it is held connects to it: a number that was given to another process since, or the
 * same number in a restarted or a second container on the same volume, cannot deceive it, as it can a file
 * with a process id. A folder shared between machines is not covered.
 *
 * @throws DataFolderError `folder_locked` naming the other process, or `folder_unusable`.
 */
export async function lockDataFolder(path: string): Promise<DataLock> {
  const folder = resolve(path);
  await usable(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  for (let attempt = 1; ; attempt += 1) {
    const lock = await usable(folder, () => hang(folder));
    // First hang up the own lock, then look for others: of two who do so, one at least sees the other.
    const holder = await usable(folder, () => otherHolder(folder, lock.name));
    if (holder === undefined) return { folder, release: lock.release };
    await lock.release();
    if (attempt === ATTEMPTS) {
      throw new DataFolderError(
        'folder_locked',
        `The data folder ${folder} is in use by process ${holder}. Stop that one first, or give this one a folder of its own with NINETY_DATA.`,
        holder,
      );
    }
    await delay(20 + Math.random() * 80);
  }
}

/** A socket gets its visible name only once it listens, so that nobody takes it for a dead one before. */
async function hang(folder: string) {
  const name = `lock.${process.pid}.${randomBytes(8).toString('hex')}`;
  const server = createServer((visitor) => visitor.destroy());
  await withSocketPath(folder, `.${name}`, (path) => listening(server, path));
  server.unref();
  const visible = join(folder, name);
  await rename(join(folder, `.${name}`), visible);
  const release = async () => {
    await rm(visible, { force: true });
    await new Promise((closed) => server.close(closed));
  };
  return { name, release };
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((done, failed) => {
    server.once('error', failed);
    // `exclusive`: in a cluster's worker the socket would otherwise be opened by, and live as long as, the primary.
    server.listen({ path, exclusive: true }, () => {
      server.removeListener('error', failed);
      server.on('error', () => {});
      done();
    });
  });
}

/** Removes the locks of the dead on the way. Names are never used twice, so a dead one stays dead. */
async function otherHolder(folder: string, own: string): Promise<number | undefined> {
  for (const name of await readdir(folder)) {
    const pid = LOCK.exec(name)?.[1];
    if (pid === undefined || name === own) continue;
    if (await withSocketPath(folder, name, isListening)) return Number(pid);
    await rm(join(folder, name), { force: true });
  }
  return undefined;
}

function isListening(path: string): Promise<boolean> {
  return new Promise((done) => {
    const caller = connect(path, () => {
      caller.destroy();
      done(true);
    });
    const dead = new Set(['ECONNREFUSED', 'ENOENT', 'ENOTSOCK']);
    caller.on('error', (error: NodeJS.ErrnoException) => done(!dead.has(error.code ?? '')));
  });
}

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, the closing zero included; a longer name is cut off. */
const SOCKET_PATH_BYTES = 103;

/** Calls `use` with a name of `folder/name` that is short enough for a socket. */
async function withSocketPath<T>(
  folder: string,
  name: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const full = join(folder, name);
  const short = [full, relative(process.cwd(), full)].find((p) => Buffer.byteLength(p) <= SOCKET_PATH_BYTES);
  if (short !== undefined) return use(short);
  if (process.platform !== 'linux') {
    throw new DataFolderError(
      'folder_unusable',
      `The path of the data folder ${folder} is too long for a lock in it. Choose a shorter one with NINETY_DATA.`,
    );
  }
  const descriptor = openSync(folder, 'r');
  try {
    return await use(`/proc/self/fd/${descriptor}/${name}`);
  } finally {
    closeSync(descriptor);
  }
}

async function usable<T>(folder: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (error instanceof DataFolderError || code === undefined) throw error;
    throw new DataFolderError(
      'folder_unusable',
      `The data folder ${folder} cannot be used (${code}). NINETY_DATA must name a folder on a local disk with free space that this user may write; in a container, a volume rather than a folder of a macOS or Windows host.`,
    );
  }
}

const stored = z.looseObject({ secret: z.string().min(24), enginePassword: z.string().min(24) });

export interface Secrets {
  /** The root of the keys of cookies and hashes. */
  readonly secret: string;
  /** The password of the embedded engine's user. */
  readonly enginePassword: string;
}

/**
 * The folder's secrets: made at the first start, read at every later one. Call it under the lock.
 *
 * @param given the operator's own secret goes before the stored one, and is not written down.
 * @throws DataFolderError `secrets_unreadable`, for a new secret in place of a damaged one would make
 *   every visitor a stranger; `folder_unusable` when they cannot be written.
 */
export async function readSecrets(
  folder: string,
  given: { readonly secret?: string | undefined },
): Promise<Secrets> {
  const file = join(resolve(folder), 'secrets.json');
  const { secret, enginePassword } = (await storedSecrets(file)) ?? (await makeSecrets(folder, file));
  return { secret: given.secret ?? secret, enginePassword };
}

async function storedSecrets(file: string): Promise<Secrets | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged(file, `it cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged(file, 'it is not JSON');
  }
  const secrets = stored.safeParse(json);
  if (!secrets.success) throw damaged(file, 'secret or enginePassword is missing in it');
  // A backup that was put back may have lost its mode.
  await chmod(file, 0o600);
  return secrets.data;
}

function damaged(file: string, why: string) {
  return new DataFolderError(
    'secrets_unreadable',
    `The secrets in ${file} cannot be used (${why}). Put the file back from a backup. If there is none, remove it: all visitors then count as new ones.`,
  );
}

async function makeSecrets(folder: string, file: string): Promise<Secrets> {
  const made = {
    secret: randomBytes(32).toString('base64url'),
    enginePassword: randomBytes(32).toString('base64url'),
  };
  await usable(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeDurably(file, `${JSON.stringify(made, null, 2)}\n`);
  });
  return made;
}

/** After a power cut the file is there whole or not at all: contents, then name, then folder reach the disk. */
async function writeDurably(file: string, text: string) {
  const draft = `${file}.${randomBytes(4).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
  const entry = await open(join(file, '..'), 'r');
  try {
    await entry.sync();
  } finally {
    await entry.close();
  }
}
