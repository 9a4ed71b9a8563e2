import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STREAMS, type Stream } from './name.ts';
import { type ShipFailure, Shipper, type ShipperOptions } from './shipper.ts';

let folder: string;
const running: Shipper[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shipper-'));
  for (const stream of STREAMS) mkdirSync(join(folder, stream));
});

afterEach(async () => {
  for (const shipper of running.splice(0)) await shipper.stop();
  await rm(folder, { recursive: true });
});

const name = (seq: number, worker = '0') => `${worker}-b1-${String(seq).padStart(8, '0')}`;

/** Leaves a closed file, written so many seconds after the others. */
function close(stream: Stream, fileName: string, second = 0) {
  const path = join(folder, stream, `${fileName}.tsv`);
  writeFileSync(path, `n\n${fileName}\n`);
  utimesSync(path, 1_700_000_000 + second, 1_700_000_000 + second);
}

const left = (stream: Stream) => readdirSync(join(folder, stream));

function shipper(options: Partial<ShipperOptions>) {
  const made = new Shipper({
    folder,
    insert: async () => {},
    backoffMs: 2,
    backoffMaxMs: 8,
    pollMs: 5,
    ...options,
  });
  running.push(made);
  return made;
}

const away = () => Object.assign(new Error('connection refused'), { retry: true });
const poisoned = () => Object.assign(new Error('cannot parse'), { poisoned: true });

describe('ship()', () => {
  it('hands over each closed file with path, name and size, oldest first, and removes it', async () => {
    close('hits', name(2), 1);
    close('hits', name(1), 2);
    close('hits', name(9, '1'), 0);
    writeFileSync(join(folder, 'hits', `${name(3)}.open`), 'n\n1\n');
    writeFileSync(join(folder, 'hits', 'notes.tsv'), 'mine');
    const inserted: string[] = [];
    const shipped: string[] = [];
    await shipper({
      insert: async (stream, file) => {
        expect(stream).toBe('hits');
        expect(readFileSync(file.path, 'utf8')).toBe(`n\n${file.name}\n`);
        expect(file.bytes).toBe(file.name.length + 3);
        inserted.push(file.name);
      },
      onShipped: (_, file) => shipped.push(file.name),
    }).ship();
    expect(inserted).toEqual([name(9, '1'), name(2), name(1)]);
    expect(shipped).toEqual(inserted);
    expect(left('hits')).toEqual([`${name(3)}.open`, 'notes.tsv']);
  });

  it('has one insert of a stream under way at a time, however often it is called, and each file once', async () => {
    for (let seq = 1; seq <= 5; seq += 1) for (const stream of STREAMS) close(stream, name(seq));
    const underWay = new Set<Stream>();
    const inserted: string[] = [];
    const ships = shipper({
      insert: async (stream, file) => {
        expect(underWay.has(stream)).toBe(false);
        underWay.add(stream);
        await new Promise(setImmediate);
        underWay.delete(stream);
        inserted.push(`${stream} ${file.name}`);
      },
    });
    await Promise.all([ships.ship(), ships.ship(), ships.ship()]);
    expect(inserted).toHaveLength(5 * STREAMS.length);
    expect(new Set(inserted).size).toBe(inserted.length);
  });

  it('ships what was closed while an earlier call was under way', async () => {
    close('hits', name(1));
    let second: Promise<void> | undefined;
    const ships = shipper({
      insert: async () => {
        if (second) return;
        close('hits', name(2));
        second = ships.ship();
      },
    });
    await ships.ship();
    await second;
    expect(left('hits')).toEqual([]);
  });

  it('rejects while the engine is away, keeps the files, and ships the other streams', async () => {
    close('hits', name(1));
    close('hits', name(2), 1);
    close('tallies', name(1));
    const failures: ShipFailure[] = [];
    const tried: string[] = [];
    const ships = shipper({
      insert: async (stream, file) => {
        tried.push(`${stream} ${file.name}`);
        if (stream === 'hits') throw away();
      },
      onError: (_, failed) => failures.push(failed),
    });
    await expect(ships.ship()).rejects.toMatchObject({ retry: true });
    expect(tried.sort()).toEqual([`hits ${name(1)}`, `tallies ${name(1)}`]);
    expect(failures).toMatchObject([{ stream: 'hits', file: { name: name(1) }, setAside: false }]);
    expect(left('hits')).toHaveLength(2);
    expect(left('tallies')).toEqual([]);
  });

  it('sets a file aside with the reason when its content is refused three times, and ships the next', async () => {
    close('hits', name(1));
    close('hits', name(2), 1);
    const tried: string[] = [];
    const failures: ShipFailure[] = [];
    await shipper({
      insert: async (_, file) => {
        tried.push(file.name);
        if (file.name === name(1)) throw poisoned();
      },
      onError: (_, failed) => failures.push(failed),
    }).ship();
    expect(tried).toEqual([name(1), name(1), name(1), name(2)]);
    expect(failures.map((failed) => failed.setAside)).toEqual([false, false, true]);
    expect(left('hits')).toEqual([]);
    const aside = join(folder, 'set-aside', 'hits');
    expect(readdirSync(aside)).toEqual([`${name(1)}.reason`, `${name(1)}.tsv`]);
    expect(readFileSync(join(aside, `${name(1)}.tsv`), 'utf8')).toBe(`n\n${name(1)}\n`);
    const reason = JSON.parse(readFileSync(join(aside, `${name(1)}.reason`), 'utf8')) as object;
    expect(reason).toMatchObject({ bytes: name(1).length + 3, name: 'Error', message: 'cannot parse' });
  });

  it('keeps a file whose content was refused where it cannot be set aside', async () => {
    close('hits', name(1));
    writeFileSync(join(folder, 'set-aside'), 'in the way');
    const ships = shipper({ insert: () => Promise.reject(poisoned()) });
    await expect(ships.ship()).rejects.toMatchObject({ code: 'ENOTDIR' });
    expect(left('hits')).toEqual([`${name(1)}.tsv`]);
  });

  it('does not insert a file again whose removal failed', async () => {
    close('hits', name(1));
    const path = join(folder, 'hits', `${name(1)}.tsv`);
    let inserts = 0;
    const ships = shipper({
      insert: async () => {
        inserts += 1;
        rmSync(path);
        mkdirSync(path); // a folder cannot be unlinked
      },
    });
    await expect(ships.ship()).rejects.toMatchObject({ syscall: 'unlink' });
    rmSync(path, { recursive: true });
    writeFileSync(path, 'n\n1\n');
    await ships.ship();
    expect(inserts).toBe(1);
    expect(left('hits')).toEqual([]);
  });

  it('hands a file over again under its name when the process died between the answer and the removal', async () => {
    close('hits', name(1));
    const ledger = join(folder, 'ledger');
    const program = join(folder, 'child.mjs');
    await build({
      stdin: {
        contents: `
          import { appendFileSync, readFileSync } from 'node:fs';
          import { Shipper } from './shipper.ts';
          const [folder, ledger] = process.argv.slice(2);
          await new Shipper({ folder, insert: async (stream, file) => {
            appendFileSync(ledger, file.name + '=' + readFileSync(file.path, 'utf8'));
            process.kill(process.pid, 'SIGKILL');
          } }).ship();`,
        resolveDir: import.meta.dirname,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    const child = spawn(process.execPath, [program, folder, ledger], { stdio: 'inherit' });
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
    let again = '';
    await shipper({
      insert: async (_, file) => {
        again += `${file.name}=${readFileSync(file.path, 'utf8')}`;
      },
    }).ship();
    expect(again).toBe(readFileSync(ledger, 'utf8'));
    expect(left('hits')).toEqual([]);
  });
});

describe('start()', () => {
  it('tries for as long as the engine is away, and gives no file up', async () => {
    close('hits', name(1));
    close('hits', name(2), 1);
    const tried: string[] = [];
    const ships = shipper({
      insert: async (_, file) => {
        tried.push(file.name);
        if (tried.length <= 7) throw away();
      },
    });
    ships.start();
    await expect.poll(() => left('hits')).toEqual([]);
    expect(tried).toEqual([...Array(8).fill(name(1)), name(2)]);
  });

  it('finds files that another process closed, and at once those that wake() tells of', async () => {
    const ships = shipper({ pollMs: 5 });
    ships.start();
    close('matches', name(1));
    await expect.poll(() => left('matches')).toEqual([]);
    await ships.stop();

    const patient = shipper({ pollMs: 3_600_000 });
    patient.start();
    for (let seq = 1; seq <= 5; seq += 1) {
      close('matches', name(seq));
      patient.wake();
      await expect.poll(() => left('matches')).toEqual([]);
    }
  });

  it('is not driven by wake() while it waits after a failure, and ends at once by stop()', async () => {
    close('hits', name(1));
    let tries = 0;
    const ships = shipper({
      backoffMs: 3_600_000,
      backoffMaxMs: 3_600_000,
      insert: async () => {
        tries += 1;
        throw away();
      },
    });
    ships.start();
    await expect.poll(() => tries).toBe(1);
    for (let turn = 0; turn < 20; turn += 1) {
      ships.wake();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(tries).toBe(1);
    await ships.stop();
    expect(left('hits')).toHaveLength(1);
  });

  it('stops after the insert under way, and leaves the rest for the next start', async () => {
    for (let seq = 1; seq <= 3; seq += 1) close('hits', name(seq), seq);
    let answer = () => {};
    let tries = 0;
    const ships = shipper({
      insert: () => {
        tries += 1;
        return new Promise<void>((resolve) => {
          answer = resolve;
        });
      },
    });
    ships.start();
    await expect.poll(() => tries).toBe(1);
    const stopped = ships.stop();
    answer();
    await stopped;
    expect(left('hits')).toEqual([`${name(2)}.tsv`, `${name(3)}.tsv`]);
    expect(tries).toBe(1);
  });
});
