import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { awaitReplay } from './replay.ts';
import { columnsOf, dropSetAside, findSetAside, listSetAside, putBack, setAside } from './set-aside.ts';
import { Shipper } from './shipper.ts';
import { journalGauges, waitingFiles } from './waiting.ts';

const NAME = 'w1-boot-00000001';
const OTHER = 'w1-boot-00000002';
const REFUSED = new Error('ClickHouse insert into hits failed: error 27');
let folder: string;

const path = (name: string, place = 'hits') => join(folder, place, `${name}.tsv`);
const write = (name: string, rows: number) =>
  writeFileSync(path(name), `time\tvisitor\tfile\n${`1\t2\t${name}\n`.repeat(rows)}`);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ninety-set-aside-'));
  mkdirSync(join(folder, 'hits'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file that is set aside', () => {
  it('is listed with its rows, size, moment and reason, and is out of the way', async () => {
    write(NAME, 3);
    const { length } = readFileSync(path(NAME));
    await setAside(folder, 'hits', NAME, REFUSED);
    expect(await listSetAside(folder)).toEqual([
      {
        stream: 'hits',
        file: NAME,
        rows: 3,
        bytes: length,
        since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        reason: REFUSED.message,
      },
    ]);
    expect(await columnsOf(folder, 'hits', NAME)).toEqual(['time', 'visitor', 'file']);
    expect((await waitingFiles(folder))[0]).toMatchObject({ stream: 'hits', files: 0, oldest: null });
  });

  it('is listed also where a crash has left its reason cut off or none', async () => {
    for (const name of [NAME, OTHER]) {
      write(name, 2);
      await setAside(folder, 'hits', name, REFUSED);
    }
    writeFileSync(join(folder, `set-aside/hits/${NAME}.reason`), '{"time":"20');
    await rm(join(folder, `set-aside/hits/${OTHER}.reason`));
    const found = await listSetAside(folder);
    expect(found.map(({ rows, reason }) => [rows, reason])).toEqual([
      [2, ''],
      [2, ''],
    ]);
  });

  it('comes back whole, is shipped as a replay, and nothing of it is left', async () => {
    write(NAME, 3);
    const bytes = readFileSync(path(NAME));
    await setAside(folder, 'hits', NAME, REFUSED);
    expect(await putBack(folder, 'hits', NAME)).toBe(true);
    expect(await putBack(folder, 'hits', NAME)).toBe(false);
    expect(readFileSync(path(NAME))).toEqual(bytes);
    expect(await listSetAside(folder)).toEqual([]);
    expect(await awaitReplay(folder, 'hits', NAME, undefined, 0)).toBe('waiting');

    const replayed: boolean[] = [];
    write(OTHER, 1);
    const insert = async (_: string, file: { replayed: boolean }) => void replayed.push(file.replayed);
    await new Shipper({ folder, insert }).ship();
    expect(replayed.sort()).toEqual([false, true]);
    expect(await awaitReplay(folder, 'hits', NAME)).toBe('shipped');
    expect(existsSync(join(folder, `set-aside/hits/${NAME}.reason`))).toBe(false);
  });

  it('is set aside again where it is refused again', async () => {
    write(NAME, 1);
    await setAside(folder, 'hits', NAME, REFUSED);
    await putBack(folder, 'hits', NAME);
    const insert = () => Promise.reject(Object.assign(new Error('no better'), { poisoned: true }));
    await new Shipper({ folder, insert, backoffMs: 1 }).ship();
    expect(await awaitReplay(folder, 'hits', NAME)).toBe('set_aside');
    expect(await findSetAside(folder, 'hits', NAME)).toMatchObject({ rows: 1, reason: 'no better' });
  });

  it('goes with its reason when it is dropped', async () => {
    write(NAME, 1);
    await setAside(folder, 'hits', NAME, REFUSED);
    expect(await dropSetAside(folder, 'hits', NAME)).toBe(true);
    expect(await dropSetAside(folder, 'hits', NAME)).toBe(false);
    expect(existsSync(join(folder, `set-aside/hits/${NAME}.reason`))).toBe(false);
  });

  it.each(['../../secrets', 'w1-boot-1', '', `${NAME}.reason`])(
    'is not found by a name that is none: %s',
    async (name) => {
      write(NAME, 1);
      await setAside(folder, 'hits', NAME, REFUSED);
      expect(await findSetAside(folder, 'hits', name)).toBeUndefined();
      expect(await putBack(folder, 'hits', name)).toBe(false);
      expect(await dropSetAside(folder, 'hits', name)).toBe(false);
    },
  );
});

it('the gauges tell how much waits and for how long, and what is set aside', async () => {
  const read = async (now: number) =>
    Object.fromEntries((await journalGauges(folder, now)).map((gauge) => [gauge.name, gauge.read()]));
  const now = Date.now();
  expect(await read(now)).toEqual({
    ninety_journal_files: 0,
    ninety_journal_oldest_seconds: 0,
    ninety_journal_set_aside_files: 0,
    ninety_journal_set_aside_rows: 0,
  });
  write(NAME, 2);
  await setAside(folder, 'hits', NAME, REFUSED);
  write(OTHER, 1);
  expect(await read(now + 90_000)).toMatchObject({
    ninety_journal_files: 1,
    ninety_journal_oldest_seconds: expect.closeTo(90, -1),
    ninety_journal_set_aside_files: 1,
    ninety_journal_set_aside_rows: 2,
  });
  // The clock was set back: no age is below nought.
  expect(await read(now - 3_600_000)).toMatchObject({ ninety_journal_oldest_seconds: 0 });
});
