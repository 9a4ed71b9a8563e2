import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Batch, type Done, shielded } from './batch.ts';
import type { Disk } from './disk.ts';
import { CLOSED, formatName, OPEN } from './name.ts';

export interface WriterOptions {
  /** Folder of this stream's files; it exists. */
  readonly folder: string;
  readonly worker: string;
  readonly boot: string;
  /** Tab separated column names; rows get their file's name appended where the last one is `file`. */
  readonly header: string;
  readonly fsync: boolean;
  readonly rotateBytes: number;
  /** Milliseconds that the file opened now may stay open. */
  readonly rotateMs: () => number;
  readonly bufferBytes: number;
  readonly disk: Disk;
  readonly onRotate: (name: string) => void;
  readonly onError: (error: unknown) => void;
}

interface JournalFile {
  readonly name: string;
  readonly fd: number;
  /** Up to here the file holds the header and acknowledged rows, nothing else. */
  length: number;
  acknowledged: boolean;
  /** Bytes past `length` may lie in it, of rows that were refused. */
  torn: boolean;
  released: boolean;
  timer: NodeJS.Timeout | undefined;
}

interface Waiter {
  resolve: () => void;
  reject: (error: unknown) => void;
}

// Files that could be neither cut nor closed keep a descriptor or a name; past this many the disk is gone.
const MOST_UNFINISHED = 64;

/**
 * Writes one stream, one `write` at a time: rows that arrive while one is under way form the next batch, so
 * a lone row leaves at the end of its event loop turn and a flood makes its own batches (group commit).
 */
export class Writer {
  readonly #options: WriterOptions;
  readonly #header: Buffer;
  #filling: Batch;
  #resting: Batch;
  #seq = 0;
  /** Of the file that is open, or of the next one. */
  #name: string;
  #file: JournalFile | undefined;
  /** Detached files that are not yet closed; each was tried at least once or is about to be. */
  #unfinished: JournalFile[] = [];
  #retry: NodeJS.Timeout | undefined;
  /** Who called {@link rotate} since the last batch was taken up, and who is served by the next closing. */
  #waiters: Waiter[] = [];
  #served: Waiter[] = [];
  #closeWanted = false;
  #running = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#header = Buffer.from(`${options.header}\n`);
    const carriesName = options.header.split('\t').at(-1) === 'file';
    this.#filling = new Batch(options.bufferBytes, carriesName);
    this.#resting = new Batch(options.bufferBytes, carriesName);
    this.#name = this.#nextName();
  }

  /** @returns bytes the row takes in the file; 0 = no room in memory, and `done` will not be called. */
  append(row: string, done: Done): number {
    const bytes = this.#filling.add(row, this.#name, done);
    if (!this.#running) this.#start();
    return bytes;
  }

  /** Closes the file once the rows appended so far are in it. @throws what the file system said. */
  rotate(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ resolve, reject });
      this.#wantClose();
    });
  }

  /** Stops the timers; call after the last {@link rotate}. */
  stop(): void {
    clearTimeout(this.#retry);
  }

  #wantClose(): void {
    this.#closeWanted = true;
    if (!this.#running) this.#start();
  }

  #start(): void {
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#filling.rows > 0 || this.#closeWanted) {
      if (this.#filling.rows > 0) await this.#commit();
      if (this.#closeWanted) await this.#closeFiles();
      // A write returns in the middle of a turn: the requests still to be read in it join the batch.
      if (this.#filling.rows > 0) await nextTurn();
    }
    this.#running = false;
  }

  async #commit(): Promise<void> {
    const batch = this.#filling;
    this.#filling = this.#resting;
    this.#resting = batch;
    this.#serveWaiters();
    try {
      const file = this.#file ?? (await this.#open());
      batch.readdress(file.name);
      const bytes = batch.bytes;
      await this.#write(file, bytes);
      if (this.#options.fsync) await this.#options.disk.sync(file.fd);
      file.length += bytes.length;
      file.acknowledged = true;
      if (file.length >= this.#options.rotateBytes) this.#closeWanted = true;
    } catch (error) {
      // What of the batch reached the file is cut off before the file is closed, and the next rows go to
      // a new one: after a failed fdatasync nothing can be said of pages that are written once more.
      if (this.#file) {
        this.#file.torn = true;
        this.#closeWanted = true;
      } else this.#name = this.#nextName();
      shielded(() => this.#options.onError(error));
      batch.settle('journal_failed');
      return;
    }
    batch.settle();
  }

  async #open(): Promise<JournalFile> {
    if (this.#unfinished.length >= MOST_UNFINISHED)
      throw new Error('too many journal files cannot be closed');
    const { disk, folder, fsync, rotateMs } = this.#options;
    const name = this.#name;
    const fd = await disk.create(join(folder, name + OPEN));
    const timer = setTimeout(() => this.#wantClose(), rotateMs()).unref();
    const file = { name, fd, length: 0, acknowledged: false, torn: false, released: false, timer };
    this.#file = file;
    await this.#write(file, this.#header);
    file.length = this.#header.length;
    if (fsync) await disk.syncFolder(folder);
    return file;
  }

  async #write(file: JournalFile, bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const written = await this.#options.disk.write(file.fd, bytes.subarray(at), file.length + at);
      if (written === 0) throw new Error('the file system took no byte of a journal write');
      at += written;
    }
  }

  async #closeFiles(): Promise<void> {
    this.#closeWanted = false;
    if (this.#filling.rows === 0) this.#serveWaiters();
    const served = this.#served;
    this.#served = [];
    if (this.#file) {
      clearTimeout(this.#file.timer);
      this.#unfinished.push(this.#file);
      this.#file = undefined;
      this.#name = this.#nextName();
    }
    const failed: JournalFile[] = [];
    let failure: unknown;
    for (const file of this.#unfinished) {
      try {
        await this.#finish(file);
      } catch (error) {
        failed.push(file);
        failure = error;
        shielded(() => this.#options.onError(error));
      }
    }
    this.#unfinished = failed;
    clearTimeout(this.#retry);
    if (failed.length > 0)
      this.#retry = setTimeout(() => this.#wantClose(), this.#options.rotateMs()).unref();
    for (const waiter of served) {
      if (failed.length > 0) waiter.reject(failure);
      else waiter.resolve();
    }
    if (this.#waiters.length > 0) this.#closeWanted = true;
  }

  /** Their rows are in the batch now being written, or in files already. */
  #serveWaiters(): void {
    this.#served.push(...this.#waiters);
    this.#waiters = [];
  }

  /** Each step is remembered, so that a file on which one failed is taken up there. */
  async #finish(file: JournalFile): Promise<void> {
    const { disk, folder, onRotate } = this.#options;
    const path = join(folder, file.name);
    if (file.torn && file.acknowledged) await disk.truncate(file.fd, file.length);
    file.torn = false;
    if (!file.released) {
      // Not tried twice: after a close that failed the number may already be another file's.
      file.released = true;
      await disk.close(file.fd);
    }
    if (!file.acknowledged) return disk.remove(path + OPEN);
    await disk.rename(path + OPEN, path + CLOSED);
    shielded(() => onRotate(file.name));
  }

  #nextName(): string {
    const { worker, boot } = this.#options;
    this.#seq += 1;
    return formatName({ worker, boot, seq: this.#seq });
  }
}
