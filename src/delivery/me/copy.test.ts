import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Copy, CopyError, writeCopy } from './copy.ts';

const folder = await mkdtemp(join(tmpdir(), 'ninety-copy-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
const path = () => join(folder, `copy-${++files}`);
const HEAD = { build: 7, segments: Array.from({ length: 300 }, (_, place) => `segment-${place}`) };

/** As ClickHouse writes a row in RowBinary. */
function rowOf(visitor: bigint, segments: readonly number[]): Buffer {
  const number = Buffer.alloc(8);
  number.writeBigUInt64LE(visitor);
  const count = [];
  for (let left = segments.length; ; left >>= 7) {
    count.push(left > 127 ? (left & 127) | 128 : left);
    if (left < 128) break;
  }
  return Buffer.concat([number, Buffer.from(count), Buffer.from(Uint16Array.from(segments).buffer)]);
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

describe('a copy', () => {
  it('has each visitor’s own segments, and of nobody else any, however its rows came', async () => {
    const visitors = fc.uniqueArray(
      fc.record({
        visitor: fc.bigInt(0n, 2n ** 64n - 1n),
        segments: fc.array(fc.nat(299), { maxLength: 400, size: 'max' }),
      }),
      { selector: ({ visitor }) => visitor, maxLength: 120 },
    );
    await fc.assert(
      fc.asyncProperty(visitors, fc.integer({ min: 1, max: 5000 }), async (rows, size) => {
        const sorted = [...rows].sort((a, b) => (a.visitor < b.visitor ? -1 : 1));
        const file = path();
        const bytes = Buffer.concat(sorted.map(({ visitor, segments }) => rowOf(visitor, segments)));
        await writeCopy(file, HEAD, cut(bytes, size));
        const copy = await Copy.open(file);
        expect(copy.head).toEqual(HEAD);
        for (const { visitor, segments } of sorted) {
          expect(copy.segmentsOf(visitor)).toEqual(segments.map((place) => HEAD.segments[place]));
          for (const other of [visitor - 1n, visitor + 1n])
            if (!rows.some((row) => row.visitor === other)) expect(copy.segmentsOf(other)).toEqual([]);
        }
        await copy.close();
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    ['a last row that is cut off', rowOf(1n, [1, 2]).subarray(0, 11), 'cut off'],
    [
      'rows in no order',
      Buffer.concat([9n, 8n].map((visitor) => rowOf(visitor, new Array(3000).fill(1)))),
      'no order',
    ],
  ])('is not there where ClickHouse gave %s', async (_, bytes, why) => {
    const file = path();
    await expect(writeCopy(file, HEAD, cut(bytes, 64))).rejects.toThrow(why);
    await expect(Copy.open(file)).rejects.toThrow('ENOENT');
    expect((await readdir(folder)).filter((name) => name.endsWith('.new'))).toEqual([]);
  });

  it('that was cut off on the disk is refused', async () => {
    const file = path();
    await writeCopy(file, HEAD, cut(rowOf(1n, [1]), 64));
    for (const left of [(await stat(file)).size - 1, 40, 2]) {
      await truncate(file, left);
      await expect(Copy.open(file)).rejects.toThrow(CopyError);
    }
  });

  it('has an index of a hundredth of its rows at most, in however large pieces they came', async () => {
    const rows = Buffer.concat(Array.from({ length: 20_000 }, (_, n) => rowOf(BigInt(n) * 7n, [1, 2, 3])));
    for (const size of [100, 65_536, rows.length]) {
      const file = path();
      await writeCopy(file, { build: 7, segments: ['a', 'b', 'c', 'd'] }, cut(rows, size));
      expect((await stat(file)).size).toBeLessThan(rows.length * 1.01);
      const copy = await Copy.open(file);
      expect(copy.segmentsOf(7n * 19_999n)).toEqual(['b', 'c', 'd']);
      expect(copy.segmentsOf(8n)).toEqual([]);
      await copy.close();
    }
  });
});
