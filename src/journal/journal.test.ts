import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Disk, disk } from './disk.ts';
import { Journal, type JournalOptions } from './journal.ts';
import type { JournalRefusal, Stream } from './name.ts';

const headers = {
  hits: 'n\ttext\tfile',
  matches: 'n\tfile',
  consents: 'n\ttext',
  optouts: 'n',
  tallies: 'n',
};

let folder: string;
const opened: Journal[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journal-'));
});

afterEach(async () => {
  vi.useRealTimers();
  for (const journal of opened.splice(0)) await journal.close().catch(() => {});
  await rm(folder, { recursive: true });
});

async function openJournal(options: Partial<JournalOptions> = {}) {
  const journal = await Journal.open({
    folder,
    worker: '0',
    headers,
    quotaBytes: 2 ** 30,
    fsync: false,
    rotateMs: 60_000,
    ...options,
  });
  opened.push(journal);
  return journal;
}

const files = (stream: Stream, extension = '.tsv') =>
  readdirSync(join(folder, stream))
    .filter((name) => name.endsWith(extension))
    .sort();

const lines = (stream: Stream, extension = '.tsv') =>
  files(stream, extension).flatMap((name) => {
    const [header, ...rows] = readFileSync(join(folder, stream, name), 'utf8').split('\n');
    expect(header).toBe(headers[stream]);
    expect(rows.pop()).toBe('');
    return rows;
  });

const numbers = (stream: Stream, extension = '.tsv') =>
  lines(stream, extension).map((line) => Number(line.split('\t')[0]));

const failure = (code: string) => Object.assign(new Error(code), { code });

/** The real file system, in which one call of one operation goes wrong. */
function failingDisk(operation: keyof Disk, atCall: number, before: (...args: never[]) => Promise<unknown>) {
  let calls = 0;
  const failing = async (...args: never[]) => {
    calls += 1;
    if (calls === atCall) await before(...args);
    return (disk[operation] as (...args: never[]) => Promise<unknown>)(...args);
  };
  return { ...disk, [operation]: failing } as Disk;
}

describe('an acknowledgement', () => {
  it('comes only after the bytes of the row are in the file', async () => {
    const journal = await openJournal();
    let checked = 0;
    await Promise.all(
      Array.from({ length: 500 }, async (_, n) => {
        if (n % 7 === 0) await new Promise(setImmediate);
        await new Promise<void>((resolve) => {
          journal.append('hits', `${n}\tpage`, (refusal) => {
            expect(refusal).toBeUndefined();
            const text = readFileSync(join(folder, 'hits', files('hits', '.open')[0]!), 'utf8');
            expect(text).toContain(`\n${n}\tpage\t`);
            checked += 1;
            resolve();
          });
        });
      }),
    );
    expect(checked).toBe(500);
  });

  it('of a flood needs few writes', async () => {
    let writes = 0;
    const write: Disk['write'] = (...args) => {
      writes += 1;
      return disk.write(...args);
    };
    const journal = await openJournal({ disk: { ...disk, write } });
    await Promise.all(Array.from({ length: 1000 }, (_, n) => journal.appendAsync('tallies', `${n}`)));
    expect(writes).toBe(2); // the header, and the rows of one turn of the event loop
  });

  it('waits for the device when fsync is on', async () => {
    const synced: number[] = [];
    const sync: Disk['sync'] = async (fd) => {
      await disk.sync(fd);
      synced.push(fd);
    };
    const journal = await openJournal({ fsync: true, disk: { ...disk, sync } });
    expect(await journal.appendAsync('hits', '1\ta')).toBeUndefined();
    expect(synced).toHaveLength(1);
  });

  it('comes for rows of any script and size, byte for byte', async () => {
    const journal = await openJournal();
    const texts = ['plain', 'naïve', '日本語', '👩‍👩‍👧', 'x'.repeat(300_000), 'я'.repeat(100_000), ''];
    await Promise.all(texts.map((text, n) => journal.appendAsync('consents', `${n}\t${text}`)));
    await journal.rotate();
    expect(lines('consents')).toEqual(texts.map((text, n) => `${n}\t${text}`));
  });

  it('is never given for a row that would be two', async () => {
    const journal = await openJournal();
    expect(() => journal.append('hits', '1\ta\nb', () => {})).toThrow(TypeError);
  });
});

describe('a file', () => {
  it('is named in each of its rows, whatever rotates between the append and the write', async () => {
    const journal = await openJournal({ rotateBytes: 2000 });
    const appended: Promise<unknown>[] = [];
    for (let n = 0; n < 2000; n += 1) {
      appended.push(journal.appendAsync('hits', `${n}\t${'z'.repeat(n % 50)}`));
      if (n % 97 === 0) appended.push(journal.rotate());
      if (n % 13 === 0) await new Promise(setImmediate);
      if (n % 60 === 0) await appended.at(-1);
    }
    await Promise.all(appended);
    await journal.close();
    const found = files('hits');
    expect(found.length).toBeGreaterThan(20);
    for (const name of found) {
      const [header, ...rows] = readFileSync(join(folder, 'hits', name), 'utf8')
        .trimEnd()
        .split('\n');
      expect(header).toBe(headers.hits);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(row.split('\t').at(-1)).toBe(name.replace('.tsv', ''));
    }
    expect(numbers('hits')).toEqual(Array.from({ length: 2000 }, (_, n) => n));
  });

  it('is closed when it is large enough', async () => {
    const rotated: string[] = [];
    const journal = await openJournal({ rotateBytes: 100, onRotate: (_, name) => rotated.push(name) });
    for (let n = 0; n < 10; n += 1) await journal.appendAsync('consents', `${n}\t${'x'.repeat(60)}`);
    await journal.rotate();
    expect(files('consents')).toHaveLength(5);
    expect(rotated.map((name) => `${name}.tsv`).sort()).toEqual(files('consents'));
  });

  it('is closed when it is old enough', async () => {
    const name = await new Promise<string>((resolve) => {
      void openJournal({ rotateMs: 5, onRotate: (_, closed) => resolve(closed) }).then((journal) =>
        journal.appendAsync('tallies', '1'),
      );
    });
    expect(files('tallies')).toEqual([`${name}.tsv`]);
  });

  it('stays open longer while many wait to be shipped', async () => {
    mkdirSync(join(folder, 'tallies'), { recursive: true });
    for (let n = 0; n < 32; n += 1) writeFileSync(join(folder, 'tallies', `old${n}.tsv`), 'n\n1\n');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let rotated = 0;
    const journal = await openJournal({ rotateMs: 1000, scanMs: 3_600_000, onRotate: () => (rotated += 1) });
    await journal.appendAsync('tallies', '1');
    vi.advanceTimersByTime(2900);
    await new Promise(setImmediate);
    expect(files('tallies', '.open')).toHaveLength(1);
    vi.advanceTimersByTime(200);
    await expect.poll(() => rotated).toBe(1);
    expect(files('tallies', '.open')).toEqual([]);
  });

  it('holds everything acknowledged before rotate() was called, and is not made without a row', async () => {
    const journal = await openJournal();
    await journal.rotate();
    expect(files('hits')).toEqual([]);
    const acknowledged: number[] = [];
    for (let n = 0; n < 300; n += 1) {
      journal.append('hits', `${n}\ta`, () => acknowledged.push(n));
      if (n % 20 !== 0) continue;
      await new Promise(setImmediate);
      const before = [...acknowledged];
      await journal.rotate();
      expect(numbers('hits')).toEqual(expect.arrayContaining(before));
    }
  });

  it('holds the last rows after close(), which takes no more', async () => {
    const journal = await openJournal();
    const acknowledged: number[] = [];
    for (let n = 0; n < 100; n += 1) {
      journal.append('hits', `${n}\ta`, () => acknowledged.push(n));
      if (n === 50) await new Promise(setImmediate);
    }
    await journal.close();
    expect(acknowledged).toHaveLength(100);
    expect(numbers('hits')).toEqual(acknowledged);
    expect(files('hits', '.open')).toEqual([]);
    expect(await journal.appendAsync('hits', '100\ta')).toBe('journal_failed');
  });

  it('is refused to a worker whose name would not fit into a file name', async () => {
    await expect(openJournal({ worker: 'a-b' })).rejects.toThrow(RangeError);
  });
});

describe('a full journal', () => {
  it('refuses at once, and takes rows again once files are shipped', async () => {
    const journal = await openJournal({ quotaBytes: 20_000, scanMs: 5 });
    let refusal: JournalRefusal | undefined;
    while (!refusal) refusal = await journal.appendAsync('hits', `1\t${'x'.repeat(500)}`);
    expect(refusal).toBe('journal_full');
    let said: JournalRefusal | undefined;
    journal.append('hits', '2\ta', (why) => {
      said = why;
    });
    expect(said).toBe('journal_full');
    await journal.rotate();
    expect(journal.bytesWaiting()).toBeGreaterThan(18_000);
    for (const name of files('hits')) await rm(join(folder, 'hits', name));
    await expect.poll(() => journal.appendAsync('hits', '3\ta')).toBeUndefined();
    await journal.rotate();
    expect(numbers('hits')[0]).toBe(3);
  });

  it('still has room for withdrawals and counters when hits have filled it', async () => {
    const journal = await openJournal({ quotaBytes: 20_000 });
    while (!(await journal.appendAsync('hits', `1\t${'x'.repeat(500)}`)));
    expect(await journal.appendAsync('consents', '1\twithdrawn')).toBeUndefined();
    expect(await journal.appendAsync('tallies', '1')).toBeUndefined();
    expect(await journal.appendAsync('matches', '1')).toBe('journal_full');
    while (!(await journal.appendAsync('consents', `1\t${'x'.repeat(500)}`)));
    expect(journal.bytesWaiting()).toBeLessThan(21_000);
  });

  it('counts what other workers and earlier starts have left, set aside or not', async () => {
    mkdirSync(join(folder, 'set-aside', 'hits'), { recursive: true });
    writeFileSync(join(folder, 'set-aside', 'hits', 'old.tsv'), 'x'.repeat(10_000));
    const first = await openJournal({ quotaBytes: 12_000, scanMs: 5 });
    const second = await openJournal({ quotaBytes: 12_000, scanMs: 5, worker: '1' });
    expect(first.bytesWaiting()).toBe(10_000);
    expect(await second.appendAsync('hits', `1\t${'x'.repeat(3000)}`)).toBeUndefined();
    await expect.poll(() => first.appendAsync('tallies', '1')).toBe('journal_full');
  });

  it('holds no more in memory than its buffers, and says so at once', async () => {
    const journal = await openJournal({ bufferBytes: 1000 });
    const refusals: (JournalRefusal | undefined)[] = [];
    for (let n = 0; n < 20; n += 1)
      journal.append('consents', `${n}\t${'x'.repeat(96)}`, (why) => refusals.push(why));
    expect(refusals).toEqual(Array(10).fill('journal_full'));
    await journal.rotate();
    expect(numbers('consents')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(refusals).toHaveLength(20);
    expect(await journal.appendAsync('consents', '20\ta')).toBeUndefined();
  });
});

describe('a disk that fails', () => {
  it('may write less than it was asked to', async () => {
    const write: Disk['write'] = (fd, bytes, at) => disk.write(fd, bytes.subarray(0, 7), at);
    const journal = await openJournal({ disk: { ...disk, write } });
    await Promise.all(Array.from({ length: 100 }, (_, n) => journal.appendAsync('hits', `${n}\tpage`)));
    await journal.rotate();
    expect(numbers('hits')).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  const half: Disk['write'] = async (fd, bytes, at) => {
    await disk.write(fd, bytes.subarray(0, bytes.length - 5), at);
    throw failure('ENOSPC');
  };
  const whole: Disk['write'] = async (fd, bytes, at) => {
    await disk.write(fd, bytes, at);
    throw failure('EIO');
  };

  it.each([
    ['in the header', 'write', 1, half],
    ['in the first row', 'write', 2, half],
    ['in the middle of the third row', 'write', 4, half],
    ['after the third row was written', 'write', 4, whole],
    ['while a file is created', 'create', 1, () => Promise.reject(failure('EMFILE'))],
    ['while the third row is synced', 'sync', 3, () => Promise.reject(failure('EIO'))],
    ['while the folder is synced', 'syncFolder', 1, () => Promise.reject(failure('EIO'))],
  ] as const)(
    '%s: keeps what it acknowledged and ships nothing it refused',
    async (_, operation, call, how) => {
      const errors: unknown[] = [];
      const journal = await openJournal({
        fsync: true,
        disk: failingDisk(operation, call, how as (...args: never[]) => Promise<unknown>),
        onError: (error) => errors.push(error),
      });
      const acknowledged: number[] = [];
      const refused: number[] = [];
      for (let n = 0; n < 6; n += 1) {
        const refusal = await journal.appendAsync('hits', `${n}\tpage`);
        if (refusal) expect(refusal).toBe('journal_failed');
        (refusal ? refused : acknowledged).push(n);
      }
      await journal.rotate();
      expect(refused).toHaveLength(1);
      expect(errors).toHaveLength(1);
      expect(numbers('hits')).toEqual(acknowledged);
      expect(files('hits', '.open')).toEqual([]);
      for (const name of files('hits')) {
        const text = readFileSync(join(folder, 'hits', name), 'utf8');
        expect(text.split(name.replace('.tsv', '')).length).toBe(text.split('\n').length - 1);
      }
    },
  );

  it('and cannot even cut off what it failed to write: the file is not shipped before that is done', async () => {
    let cuts = 0;
    const truncate: Disk['truncate'] = (fd, length) => {
      cuts += 1;
      return cuts < 3 ? Promise.reject(failure('EIO')) : disk.truncate(fd, length);
    };
    const journal = await openJournal({ disk: { ...failingDisk('write', 3, half), truncate }, rotateMs: 5 });
    expect(await journal.appendAsync('consents', '1\tkept')).toBeUndefined();
    expect(await journal.appendAsync('consents', '2\tlost and so long that it is cut')).toBe(
      'journal_failed',
    );
    await expect.poll(() => files('consents')).toHaveLength(1);
    expect(cuts).toBe(3);
    expect(lines('consents')).toEqual(['1\tkept']);
  });

  it('when a file is to be closed: rotate() says so, and it is closed later', async () => {
    const rename = failingDisk('rename', 1, () => Promise.reject(failure('EIO'))).rename;
    const journal = await openJournal({ disk: { ...disk, rename } });
    await journal.appendAsync('hits', '1\ta');
    await expect(journal.rotate()).rejects.toMatchObject({ code: 'EIO' });
    expect(files('hits')).toEqual([]);
    await journal.appendAsync('hits', '2\ta');
    await journal.rotate();
    expect(numbers('hits')).toEqual([1, 2]);
  });

  it('for real, at a file size limit of the system: acknowledged rows are in closed files, no others', async () => {
    const child = join(folder, 'child.mjs');
    await build({
      stdin: {
        contents: `
          import { Journal } from './journal.ts';
          const journal = await Journal.open({ folder: ${JSON.stringify(folder)}, worker: '0',
            headers: ${JSON.stringify(headers)}, quotaBytes: 2 ** 30, fsync: false, rotateMs: 60000 });
          const acknowledged = [];
          let refused = 0;
          for (let n = 0; n < 5000; n += 1) {
            journal.append('hits', n + '\\t' + 'x'.repeat(n % 120), (r) => r ? (refused += 1) : acknowledged.push(n));
            if (n % 11 === 0) await new Promise(setImmediate);
          }
          await journal.close();
          console.log(JSON.stringify({ acknowledged, refused }));`,
        resolveDir: import.meta.dirname,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: child,
    });
    const limited = await promisify(execFile)('sh', [
      '-c',
      `ulimit -f 80; exec "$0" "$1"`,
      process.execPath,
      child,
    ]);
    const { acknowledged, refused } = JSON.parse(limited.stdout) as {
      acknowledged: number[];
      refused: number;
    };
    expect(refused).toBeGreaterThan(0);
    expect(acknowledged.length + refused).toBe(5000);
    expect(numbers('hits')).toEqual(acknowledged);
    expect(files('hits', '.open')).toEqual([]);
  });
});
