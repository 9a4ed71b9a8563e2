import { createHmac } from 'node:crypto';

/** What makes a chunk what it is: who gets it, which one it is, and how much of it was withheld since it was planned. */
export interface ChunkName {
  readonly destination: string;
  readonly run: number;
  readonly chunk: number;
  readonly version: number;
}

/**
 * The key by which a destination knows a chunk again: of the same chunk with the same content it is always the same,
 * also after a crash, and no other installation makes it.
 *
 * @returns 40 of 0-9 and a-f.
 */
export const chunkKey = (secret: string, { destination, run, chunk, version }: ChunkName): string =>
  createHmac('sha256', secret)
    .update(`chunk:${destination}/${run}/${chunk}/${version}`)
    .digest('hex')
    .slice(0, 40);
