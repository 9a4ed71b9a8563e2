import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expireJournal } from './expire.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 5, 30, 12);
let folder: string;

async function file(path: string, daysAgo: number) {
  const at = new Date(NOW - daysAgo * DAY_MS);
  await writeFile(join(folder, path), 'time\n1\n');
  await utimes(join(folder, path), at, at);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-journal-expiry-'));
  await mkdir(join(folder, 'hits'));
  await mkdir(join(folder, 'set-aside/hits'), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

describe('the journal past the retention', () => {
  it('loses what was last written as many days ago, set aside with its reason or not, and keeps the rest', async () => {
    await file('hits/w1-old-00000001.tsv', 90);
    await file('hits/w1-old-00000002.tsv', 89);
    await file('hits/w1-new-00000001.open', 90);
    await file('set-aside/hits/w1-old-00000003.tsv', 91);
    await file('set-aside/hits/w1-old-00000003.reason', 91);
    await file('set-aside/hits/w1-old-00000004.tsv', 1);
    // Of files that were put back: one shipped long ago, when the machine stopped in between, one not yet.
    await file('set-aside/hits/w1-old-00000005.reason', 95);
    await file('set-aside/hits/w1-old-00000006.reason', 1);

    expect(await expireJournal(folder, 90, NOW)).toEqual({ removed: 2, kept: 0 });

    expect((await readdir(join(folder, 'hits'))).sort()).toEqual([
      'w1-new-00000001.open',
      'w1-old-00000002.tsv',
    ]);
    expect(await readdir(join(folder, 'set-aside/hits'))).toEqual([
      'w1-old-00000004.tsv',
      'w1-old-00000006.reason',
    ]);
  });

  it('keeps opt-outs until they are shipped, and says how many files of them there are', async () => {
    await mkdir(join(folder, 'optouts'));
    await mkdir(join(folder, 'set-aside/optouts'));
    await file('optouts/w1-old-00000001.tsv', 200);
    await file('set-aside/optouts/w1-old-00000002.tsv', 200);
    await file('set-aside/optouts/w1-old-00000002.reason', 200);

    expect(await expireJournal(folder, 90, NOW)).toEqual({ removed: 0, kept: 2 });

    expect(await readdir(join(folder, 'optouts'))).toEqual(['w1-old-00000001.tsv']);
    expect(await readdir(join(folder, 'set-aside/optouts'))).toEqual([
      'w1-old-00000002.reason',
      'w1-old-00000002.tsv',
    ]);
  });

  it('has nothing to lose where there is none', async () => {
    expect(await expireJournal(join(folder, 'nowhere'), 1, NOW)).toEqual({ removed: 0, kept: 0 });
  });
});
