import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from '../missing.ts';
import { CLOSED, SET_ASIDE, STREAMS, type Stream } from './name.ts';

/** How many bytes lie in a journal folder, whoever wrote them: counted by looking, and added to between. */
export class Usage {
  readonly #folder: string;
  /** Sizes of closed files, which do not change: a day's backlog is listed each time, not measured. */
  #closedSizes = new Map<string, number>();
  #closedCount: Record<Stream, number> = { hits: 0, matches: 0, consents: 0, optouts: 0, tallies: 0 };
  #found = 0;
  #addedSince = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bytes of all files, those set aside included. */
  get bytes(): number {
    return this.#found + this.#addedSince;
  }

  /** Closed files of a stream that waited when the folder was last looked at. */
  closedFiles(stream: Stream): number {
    return this.#closedCount[stream];
  }

  /** Counts bytes that this process is about to write. */
  add(bytes: number): void {
    this.#addedSince += bytes;
  }

  /** Looks at the folder. @throws what the file system said, but for files that vanish meanwhile. */
  async scan(): Promise<void> {
    const addedBefore = this.#addedSince;
    const sizes = new Map<string, number>();
    const counts: Record<Stream, number> = { hits: 0, matches: 0, consents: 0, optouts: 0, tallies: 0 };
    let found = 0;
    for (const stream of STREAMS) {
      for (const folder of [stream, join(SET_ASIDE, stream)]) {
        for (const entry of (await readdir(join(this.#folder, folder)).catch(unlessMissing)) ?? []) {
          const path = join(folder, entry);
          const closed = entry.endsWith(CLOSED);
          const size = (closed ? this.#closedSizes.get(path) : undefined) ?? (await this.#measure(path));
          if (closed) sizes.set(path, size);
          if (closed && folder === stream) counts[stream] += 1;
          found += size;
        }
      }
    }
    this.#closedSizes = sizes;
    this.#closedCount = counts;
    this.#found = found;
    // What was added during the look may be counted twice until the next one, never left out.
    this.#addedSince -= addedBefore;
  }

  async #measure(path: string): Promise<number> {
    return (await stat(join(this.#folder, path)).catch(unlessMissing))?.size ?? 0;
  }
}
