import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Line } from '../destination.ts';
import { chunkOf } from '../destinations/chunk.testing.ts';
import { md5Of } from '../drops/drop.testing.ts';
import { type Encoded, type WriteOptions, writeLines } from './write-lines.ts';

const write = async (
  lines: AsyncIterable<Line>,
  encode: (line: Line) => Encoded,
  options: Partial<WriteOptions> = {},
) =>
  writeLines(
    lines,
    {
      folder: await mkdtemp(join(tmpdir(), 'ninety-lines-')),
      prefix: 'p',
      gzip: true,
      newline: '\n',
      maxBytes: Number.POSITIVE_INFINITY,
      always: [],
      abort: new AbortController().signal,
      ...options,
    },
    encode,
  );

const byUid = ({ uid }: Line): Encoded => ({ file: 'rows', rows: [uid] });

describe('the lines of a chunk as files', () => {
  it('are read back as they were, split at a size, with sums of what lies there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.stringMatching(/^[a-z0-9]{1,60}$/), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 20, max: 400 }),
        fc.boolean(),
        async (uids, maxBytes, gzip) => {
          const { lines } = chunkOf(uids.map((uid) => ({ uid })));
          const { files } = await write(lines(), byUid, { maxBytes, gzip, header: 'id' });
          const read: string[] = [];
          for (const file of files.get('rows')!) {
            const body = await readFile(file.path);
            const text = (gzip ? gunzipSync(body) : body).toString();
            const [header, ...rows] = text.trimEnd().split('\n');
            expect(header).toBe('id');
            expect(rows.length).toBeGreaterThan(0);
            // A single row that is too large has a file of its own.
            expect(rows.length === 1 || text.length <= maxBytes).toBe(true);
            expect(file).toMatchObject({
              bytes: body.length,
              lines: rows.length + 1,
              contentMd5: md5Of(text),
            });
            read.push(...rows);
          }
          expect(read).toEqual(uids);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are the same bytes when written again', async () => {
    const { lines } = chunkOf(Array.from({ length: 5000 }, (_, n) => ({ uid: `id-${n}` })));
    const [one, two] = [await write(lines(), byUid), await write(lines(), byUid)];
    expect(one.files.get('rows')![0]!.sha256).toBe(two.files.get('rows')![0]!.sha256);
  });

  it('name the first ten thousand that failed, and count the rest', async () => {
    const { lines } = chunkOf(Array.from({ length: 10_005 }, () => ({ uid: 'x' })));
    const { taken, files } = await write(lines(), () => ({ refused: 'bad_id', detail: 'x' }));
    expect(taken.accepted).toBe(0);
    expect(taken.failed).toHaveLength(10_000);
    expect(taken.failed[9999]).toEqual({ number: 9999, reason: 'bad_id', detail: 'x', retry: false });
    expect(taken.counted).toEqual(new Map([['bad_id', 5]]));
    expect(files.size).toBe(0);
  });

  it('are given up when the caller says so, or the source of lines fails', async () => {
    const abort = new AbortController();
    async function* endless() {
      for (let number = 0; ; number++) {
        if (number === 100_000) abort.abort(new Error('stopped'));
        yield { number, source: 'p', uid: `id-${number}`, add: [], remove: [], all: [] };
      }
    }
    await expect(write(endless(), byUid, { abort: abort.signal })).rejects.toThrow();
    async function* failing() {
      yield { number: 0, source: 'p', uid: 'a', add: [], remove: [], all: [] };
      throw new RangeError('gone');
    }
    await expect(write(failing(), byUid)).rejects.toThrow(RangeError);
  });
});
