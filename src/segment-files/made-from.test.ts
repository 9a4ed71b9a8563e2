import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MadeFrom } from './made-from.ts';

let dir = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ninety-made-from-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const at = (version: number, second: number) => ({
  version,
  updatedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
});

describe('the versions that files were made from', () => {
  it('are known by number and moment, also when read again', async () => {
    const known = (await MadeFrom.read(dir))!;
    expect(known.has('a', at(1, 1))).toBe(false);
    known.add('b', at(4, 4));
    known.add('a', at(1, 1));
    known.add('a', at(2, 2));
    await known.write(dir);
    const text = await readFile(join(dir, '.ninety-versions.json'), 'utf8');
    expect(text).toBe(
      '{\n  "a": ["1 2026-01-01T00:00:01.000Z","2 2026-01-01T00:00:02.000Z"],\n  "b": ["4 2026-01-01T00:00:04.000Z"]\n}\n',
    );
    const again = (await MadeFrom.read(dir))!;
    expect([again.has('a', at(1, 1)), again.has('a', at(2, 2)), again.has('b', at(4, 4))]).toEqual([
      true,
      true,
      true,
    ]);
    // Another server's, another segment's, and one of which the moment is not known.
    expect(again.has('a', at(2, 3))).toBe(false);
    expect(again.has('b', at(1, 1))).toBe(false);
    expect(again.has('a', { version: 2, updatedAt: null })).toBe(false);
  });

  it('are kept for the last few', () => {
    const known = new MadeFrom();
    for (let n = 1; n <= 12; n++) known.add('a', at(n, n));
    known.add('a', at(12, 12));
    expect([known.has('a', at(2, 2)), known.has('a', at(3, 3)), known.has('a', at(12, 12))]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it.each(['', '{', '[]', '{"a": "1"}', '{"a": [1]}', '<<<<<<< ours\n{}'])(
    'are not known where the file holds %j',
    async (text) => {
      await writeFile(join(dir, '.ninety-versions.json'), text);
      expect(await MadeFrom.read(dir)).toBeUndefined();
    },
  );
});
