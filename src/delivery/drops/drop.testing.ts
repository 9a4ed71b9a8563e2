import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';

export interface Dropped {
  readonly name: string;
  /** Without compression. */
  readonly text: string;
  /** As it lies there. */
  readonly bytes: number;
  readonly md5: string;
  readonly sha256: string;
}

/** What lies in a folder of drops, by name. */
export async function readDrop(context: { drops: string }, path: string): Promise<Dropped[]> {
  const folder = join(context.drops, path);
  const names = await readdir(folder).catch(() => []);
  return Promise.all(
    names.sort().map(async (name) => {
      const body = await readFile(join(folder, name));
      const sum = (kind: string) => createHash(kind).update(body).digest('hex');
      const text = (name.endsWith('.gz') ? gunzipSync(body) : body).toString();
      return { name, text, bytes: body.length, md5: sum('md5'), sha256: sum('sha256') };
    }),
  );
}

export const md5Of = (text: string): string => createHash('md5').update(text).digest('hex');

/** The lines of a text, each of which must be ended. */
export function linesOf(text: string, end = '\n'): string[] {
  const lines = text.split(end);
  if (lines.pop() !== '') throw new Error('the last line is not ended');
  return lines;
}

/** Ids as partners have them, and as somebody would have them who wants to break a file. */
export const anyUid = fc.oneof(
  fc.uuid(),
  fc.base64String({ minLength: 1, maxLength: 24 }),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom('a\tb', 'a,b', 'a"b', '=1+1', "-1|cmd'", 'a\nb', 'a\r\nb', 'a b', '', '\u2028', 'a\0'),
);
