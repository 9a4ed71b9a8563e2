import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';
import { recover } from './recover.ts';

const headers = { hits: 'n\ttext\tfile', matches: 'n', consents: 'n', optouts: 'n', tallies: 'n' };
const dead = () => false;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recover-'));
  mkdirSync(join(folder, 'hits'));
});

afterEach(() => rm(folder, { recursive: true }));

const leave = (name: string, text: string) => writeFileSync(join(folder, 'hits', name), text);
const contents = () =>
  Object.fromEntries(
    readdirSync(join(folder, 'hits')).map((name) => [name, readFileSync(join(folder, 'hits', name), 'utf8')]),
  );

describe('recover', () => {
  it('cuts a torn last line and counts it', async () => {
    leave('0-b1-00000001.open', 'n\ttext\n1\tone\n2\ttw');
    expect(await recover(folder, dead)).toEqual({ files: 1, rowsCut: 1, bytesCut: 4 });
    expect(contents()).toEqual({ '0-b1-00000001.tsv': 'n\ttext\n1\tone\n' });
  });

  it('removes a file with a header only, with half a header, with half a first row, with nothing', async () => {
    leave('0-b1-00000001.open', 'n\ttext\n');
    leave('0-b1-00000002.open', 'n\tte');
    leave('0-b1-00000003.open', 'n\ttext\n1\to');
    leave('0-b1-00000004.open', '');
    expect(await recover(folder, dead)).toEqual({ files: 0, rowsCut: 1, bytesCut: 7 });
    expect(contents()).toEqual({});
  });

  it('closes a whole file as it is', async () => {
    leave('0-b1-00000001.open', 'n\ttext\n1\tone\n2\ttwo\n');
    expect(await recover(folder, dead)).toEqual({ files: 1, rowsCut: 0, bytesCut: 0 });
    expect(contents()).toEqual({ '0-b1-00000001.tsv': 'n\ttext\n1\tone\n2\ttwo\n' });
  });

  it('leaves alone what a living process writes, what is closed, and what is no journal file', async () => {
    leave('0-b1-00000001.open', 'n\ttext\n1\to');
    leave('0-b2-00000001.open', 'n\ttext\n1\to');
    leave('1-b1-00000001.open', 'n\ttext\n1\tone\n');
    leave('1-b1-00000000.tsv', 'n\ttext\n1\tone\n');
    leave('notes.open', 'mine');
    const found = await recover(folder, (worker, boot) => worker === '0' && boot === 'b2');
    expect(found).toEqual({ files: 1, rowsCut: 1, bytesCut: 3 });
    expect(contents()).toEqual({
      '0-b2-00000001.open': 'n\ttext\n1\to',
      '1-b1-00000000.tsv': 'n\ttext\n1\tone\n',
      '1-b1-00000001.tsv': 'n\ttext\n1\tone\n',
      'notes.open': 'mine',
    });
  });

  it('cuts a closed file that lost its end when power failed', async () => {
    leave('0-b1-00000001.tsv', `n\ttext\n1\tone\n2\tt${'\0'.repeat(100)}`);
    leave('0-b1-00000002.tsv', '');
    expect(await recover(folder, dead)).toEqual({ files: 0, rowsCut: 1, bytesCut: 103 });
    expect(contents()).toEqual({ '0-b1-00000001.tsv': 'n\ttext\n1\tone\n' });
  });

  it('finds nothing where it has been, and nothing where there is no journal', async () => {
    leave('0-b1-00000001.open', 'n\ttext\n1\tone\n2\ttw');
    await recover(folder, dead);
    const nothing = { files: 0, rowsCut: 0, bytesCut: 0 };
    expect(await recover(folder, dead)).toEqual(nothing);
    expect(await recover(join(folder, 'nowhere'), dead)).toEqual(nothing);
  });

  it('keeps exactly the whole lines, wherever the crash cut the file', async () => {
    const row = fc.stringMatching(/^[a-zé日👩 ]{0,40}$/u);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.array(row, { minLength: 1, maxLength: 8 }) },
      { weight: 1, arbitrary: fc.constant('rotate' as const) },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 12 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, where) => {
          const work = await mkdtemp(join(folder, 'crash-'));
          const [live, crashed] = [join(work, 'live'), join(work, 'crashed')];
          const journal = await Journal.open({
            folder: live,
            worker: '0',
            headers,
            quotaBytes: 2 ** 30,
            fsync: false,
            rotateMs: 60_000,
          });
          let n = 0;
          for (const what of steps) {
            if (what === 'rotate') await journal.rotate();
            else await Promise.all(what.map((text) => journal.appendAsync('hits', `${n++}\t${text}`)));
          }
          cpSync(live, crashed, { recursive: true });
          await journal.close();

          const hits = join(crashed, 'hits');
          const expected: Record<string, string> = {};
          let [files, rowsCut, bytesCut] = [0, 0, 0];
          for (const name of readdirSync(hits)) {
            const path = join(hits, name);
            if (name.endsWith('.open')) truncateSync(path, Math.floor(statSync(path).size * where));
            const bytes = readFileSync(path);
            let lines = 0;
            let end = 0;
            bytes.forEach((byte, at) => {
              if (byte !== 10) return;
              lines += 1;
              end = at + 1;
            });
            bytesCut += bytes.length - end;
            if (lines > 0 && bytes.length > end) rowsCut += 1;
            if (lines < 2) continue;
            if (name.endsWith('.open')) files += 1;
            expected[name.replace('.open', '.tsv')] = bytes.subarray(0, end).toString('latin1');
          }
          expect(await recover(crashed, dead)).toEqual({ files, rowsCut, bytesCut });
          const kept = readdirSync(hits).map((name) => [name, readFileSync(join(hits, name), 'latin1')]);
          expect(Object.fromEntries(kept)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });
});
