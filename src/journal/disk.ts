import * as fs from 'node:fs';
import { promisify } from 'node:util';

/**
 * What the journal asks of a file system. The one implementation is {@link disk}; a test hands in one that
 * fails, because no real disk fails on demand.
 */
export interface Disk {
  /** Creates a file that must not exist yet, for writing. @returns its descriptor. */
  create(path: string): Promise<number>;
  /** @returns how many bytes were written, which may be fewer than asked for. */
  write(fd: number, bytes: Buffer, position: number): Promise<number>;
  /** Waits until the file's bytes are on the device. */
  sync(fd: number): Promise<void>;
  /** Waits until the folder's entries are on the device. */
  syncFolder(path: string): Promise<void>;
  truncate(fd: number, length: number): Promise<void>;
  close(fd: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

const open = promisify(fs.open);
const close = promisify(fs.close);
const fsync = promisify(fs.fsync);

/** The file system of this machine. Files are readable by the owner only: they hold what visitors did. */
export const disk: Disk = {
  create: (path) => open(path, 'wx', 0o600),
  write: (fd, bytes, position) =>
    new Promise((resolve, reject) => {
      fs.write(fd, bytes, 0, bytes.length, position, (error, written) =>
        error ? reject(error) : resolve(written),
      );
    }),
  sync: promisify(fs.fdatasync),
  async syncFolder(path) {
    const fd = await open(path, 'r');
    await fsync(fd).finally(() => close(fd));
  },
  truncate: promisify(fs.ftruncate),
  close,
  rename: promisify(fs.rename),
  remove: promisify(fs.unlink),
};
