import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { recover } from './recover.ts';

const ROUNDS = 20;

// Numbers from the given one on, appended in bursts of uneven length; each is printed once acknowledged.
const CHILD = `
  import { writeSync } from 'node:fs';
  import { Journal } from './journal.ts';
  const [folder, from] = process.argv.slice(2);
  const journal = await Journal.open({ folder, worker: '0', quotaBytes: 2 ** 30, fsync: false,
    headers: { hits: 'n\\ttext\\tfile', matches: 'n', consents: 'n', optouts: 'n', tallies: 'n' },
    rotateBytes: 200_000, rotateMs: 20 });
  for (let n = Number(from); ; n += 1) {
    journal.append('hits', n + '\\t' + 'x'.repeat(n % 301), (refusal) => {
      if (!refusal) writeSync(1, n + '\\n');
    });
    if (n % (1 + (n >> 5) % 60) === 0) await new Promise(setImmediate);
  }`;

let work: string;

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'kill-'));
});

afterEach(() => rm(work, { recursive: true }));

it('loses and doubles no acknowledged row when its process is killed, again and again', async () => {
  const folder = join(work, 'journal');
  const program = join(work, 'child.mjs');
  await build({
    stdin: { contents: CHILD, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
  const acknowledged: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const from = 10_000_000 * (round + 1);
    const child = spawn(process.execPath, [program, folder, String(from)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (printed === '') setTimeout(() => child.kill('SIGKILL'), 5 + ((round * 37) % 120));
      printed += text;
    });
    const [, signal] = await once(child, 'close');
    expect(signal).toBe('SIGKILL');
    acknowledged.push(...printed.split('\n').slice(0, -1).map(Number));
    await recover(folder, () => false);
  }

  const found: number[] = [];
  for (const entry of readdirSync(join(folder, 'hits'))) {
    expect(entry).toMatch(/\.tsv$/);
    const [header, ...rows] = readFileSync(join(folder, 'hits', entry), 'utf8').split('\n');
    expect(header).toBe('n\ttext\tfile');
    expect(rows.pop()).toBe('');
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const n = Number.parseInt(row, 10);
      expect(row).toBe(`${n}\t${'x'.repeat(n % 301)}\t${entry.slice(0, -'.tsv'.length)}`);
      found.push(n);
    }
  }
  const distinct = new Set(found);
  expect(distinct.size).toBe(found.length);
  expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  expect(acknowledged.filter((n) => !distinct.has(n))).toEqual([]);
});
