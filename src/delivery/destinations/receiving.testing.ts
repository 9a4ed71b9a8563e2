import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import type { z } from 'zod';
import type { Chunk, DestinationType, Taken } from '../destination.ts';
import { linesOf } from '../drops/drop.testing.ts';
import { serveSftp } from '../drops/sftp.testing.ts';
import { contextOf } from './chunk.testing.ts';

/** Who works off files in the order in which they come. */
export interface Receiver {
  /** @throws Error that says what is wrong with it. */
  readonly take: (name: string, body: Buffer) => void;
}

/** Sends chunks by SFTP to a receiver, inside a test. @param given the settings beside those of the drop. */
export async function receiving<Settings extends z.ZodObject>(
  receiver: Receiver,
  type: DestinationType<Settings>,
  given: object,
): Promise<(chunk: Chunk) => Promise<Taken>> {
  const server = await serveSftp({ username: 'u', password: 'p', folders: ['/in'] });
  onTestFinished(() => server.close());
  const { port, hostKey } = server;
  const drop = { drop: 'sftp', path: '/in', host: '127.0.0.1', port, hostKey, username: 'u', password: 'p' };
  const context = () => contextOf(type.settings.parse({ ...drop, ...given }));
  const known = new Map<string, Buffer>();
  return async (chunk) => {
    const taken = await type.send(chunk, await context());
    for (const [path, body] of server.files) {
      if (known.get(path) === body) continue;
      known.set(path, body);
      receiver.take(path.slice('/in/'.length), body);
    }
    return taken;
  };
}

/** Names that were given once; none may come again. */
export class Names {
  readonly #given = new Set<string>();

  add(name: string): void {
    if (this.#given.has(name)) throw new Error(`${name} was there before`);
    this.#given.add(name);
  }
}

/** @returns the lines of a gzipped file. */
export const gunzipped = (body: Buffer): string[] => linesOf(gunzipSync(body).toString());

export const md5 = (body: Buffer): string => createHash('md5').update(body).digest('hex');

/** Who is in a segment, sorted, of what is held by id. */
export const membersOf = (held: ReadonlyMap<string, ReadonlySet<string>>, code: string): string[] =>
  [...held].flatMap(([id, codes]) => (codes.has(code) ? [id] : [])).sort();
