import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../', import.meta.url);
const at = (path: string) => new URL(path, ROOT).href;
const { fifths, flatMemory } = await import(at('scripts/bench/memory.mjs'));
const { settle, shipAll } = await import(at('scripts/bench/settle.mjs'));
const { gateBefore } = await import(at('scripts/soak/gate.mjs'));

function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { cwd: fileURLToPath(ROOT) }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

describe('what a developer measures with', () => {
  for (const [script, name, option] of [
    ['scripts/bench/collect.mjs', 'bench:collect', '--memory-seconds'],
    ['scripts/bench/ingest.mjs', 'bench:ingest', '--files'],
    ['scripts/bench/start.mjs', 'bench:start', '--idle-seconds'],
    ['scripts/bench/sync.mjs', 'bench:sync', '--rounds'],
    ['scripts/bench/export.mjs', 'bench:export', '--pushed'],
    ['scripts/bench/identity.mjs', 'bench:identity', '--links'],
    ['scripts/bench/matches.mjs', 'bench:matches', '--rows'],
    ['scripts/bench/segments.mjs', 'bench:segments', '--sample'],
    ['scripts/bench/me.mjs', 'bench:me', '--asks'],
    ['scripts/bench/models.mjs', 'bench:models', '--labelled'],
    ['scripts/soak.mjs', 'soak', '--quota-mb'],
  ] as const) {
    it(`${name} says what it measures, its aims and its options, and starts nothing then`, async () => {
      const { code, out, err } = await run(script, '--help');
      expect([code, err]).toEqual([0, '']);
      expect(out).toMatch(`Usage: npm run ${name} -- [options]`);
      for (const word of ['Aims', 'It takes', '--short', option]) expect(out).toMatch(word);
    });

    it(`${name} refuses what it does not understand with code 2`, async () => {
      for (const [args, why] of [
        [['--nonsense'], /nonsense/],
        [[option, 'many'], new RegExp(`${option} must be .*not "many"`)],
        [[option, '-1'], new RegExp(option)],
        [[option, ''], new RegExp(`${option} must be`)],
      ] as const) {
        const { code, out, err } = await run(script, ...args);
        expect([code, out]).toEqual([2, '']);
        expect(err).toMatch(why);
        expect(err).toMatch(`npm run ${name} -- --help`);
      }
    });
  }

  const concluding = (aims: string) =>
    run(
      '--input-type=module',
      '-e',
      `import { atLeast, atMost, conclude, exactly, leftOpen } from '${at('scripts/bench/aims.mjs')}';
       console.log(JSON.stringify(conclude(${aims})));`,
    );

  for (const [aim, shown, met] of [
    ["atLeast(0.9, 0.9, 'ratio')", '≥ 0.9', true],
    ["atLeast(0.9, 0.899, 'ratio')", '≥ 0.9', false],
    ["atMost(10, 10, 'p99')", '≤ 10', true],
    ["atMost(10, 10.01, 'p99')", '≤ 10', false],
    ["exactly(7, 7, 'hits')", '= 7', true],
    ["exactly(7, 8, 'hits')", '= 7', false],
    ["atMost(10, undefined, 'never measured')", '≤ 10', false],
    ["atMost(10, NaN, 'divided by nothing')", '≤ 10', false],
    ["leftOpen(atMost(1.2, 9, 'too short a look'))", '≤ 1.2', null],
  ] as const) {
    it(`${aim} is ${met === null ? 'left open' : met ? 'met' : 'missed, which is said and ends in code 1'}`, async () => {
      const { code, out, err } = await concluding(`{ one: ${aim}, other: exactly(0, 0, 'lost') }`);
      const { one, other } = JSON.parse(out);
      expect([one.aim, one.met, other]).toEqual([shown, met, { aim: '= 0', value: 0, met: true }]);
      expect(code).toBe(met === false ? 1 : 0);
      expect(err.split('\n').length - 1).toBe(met === true ? 0 : 1);
      if (met === false) expect(err).toMatch(/^Aim not met: .+: (not measured|[\d.]+), aim . [\d.]+\.\n$/);
    });
  }
});

describe('memory that is flat', () => {
  const looks = (count: number, mb: (second: number) => number) =>
    Array.from({ length: count }, (_, n) => mb(n));
  for (const [what, watched, met] of [
    ['grows in the first fifth and then stays', looks(300, (s) => Math.min(240, 100 + 3 * s)), true],
    ['goes up and down as garbage is collected', looks(300, (s) => 160 + (s % 30) * 3), true],
    ['grows all the time', looks(300, (s) => 150 + s / 2), false],
    ['is looked at for less than two minutes', looks(119, () => 200), null],
  ] as const) {
    it(`is ${met === null ? 'left open' : met} where it ${what}`, () => {
      expect(flatMemory(watched, 'the collector').met).toBe(met);
    });
  }

  it('is judged by medians of fifths', () => {
    expect(fifths([1, 9, 2, 3, 4, 4, 5, 5, 6, 6])).toEqual([9, 3, 4, 5, 6]);
  });
});

describe('waiting for what was acknowledged', () => {
  const quick = { stuckMs: 30, longestMs: 120, lookMs: 1 };
  const patient = { stuckMs: 60_000, longestMs: 60_000, lookMs: 1 };
  const aside = { stream: 'hits', file: 'w-1-00000001', rows: 3, reason: 'poisoned' };
  /** A server whose journal and count are what a test says at each look. */
  const server = (
    waits: (look: number) => number,
    { hits = 10, status = 200, setAside = [] as unknown[], countedAt = (): string => '9999' } = {},
  ) => {
    let looks = 0;
    return {
      ask: async () => ({ status, text: 'ClickHouse is away' }),
      api: async (path: string) => {
        if (path === '/v1/overview') return { hits, countedAt: countedAt() };
        const bytes = waits(looks++);
        const files = bytes === 0 ? 0 : 2;
        const oldest = files === 0 ? null : '2026-01-01T00:00:00.000Z';
        const tallies = { stream: 'tallies', files: 1, bytes: 99, oldest: '2025-01-01T00:00:00.000Z' };
        return { waiting: [{ stream: 'hits', files, bytes, oldest }, tallies], setAside };
      },
    };
  };

  it('ends when all is shipped and counted', async () => {
    const ninety = server((look) => Math.max(0, 5 - look));
    expect(await settle(ninety, 10, patient)).toEqual({ inClickHouse: 10, missing: [] });
  });

  it('takes no count that was made before', async () => {
    let asked = 0;
    const ninety = server(() => 0, { countedAt: () => (++asked < 3 ? '2000-01-01T00:00:00.000Z' : '9999') });
    await settle(ninety, 10, patient);
    expect(asked).toBe(3);
  });

  it('gives up and says what waits where nothing moves', async () => {
    expect(
      await shipAll(
        server(() => 2 ** 20),
        { ...quick, longestMs: 60_000 },
      ),
    ).toEqual(['2 files of 1 MB wait, the oldest since 2026-01-01T00:00:00.000Z']);
  });

  it('gives up where it never ends, however it moves', async () => {
    const ninety = server((look) => 2 ** 30 - look);
    expect(await shipAll(ninety, { ...quick, stuckMs: 60_000 })).toEqual([
      expect.stringMatching('2 files of'),
    ]);
  });

  for (const [what, ninety, missing] of [
    [
      'a file set aside',
      server(() => 0, { hits: 7, setAside: [aside] }),
      'w-1-00000001: 3 rows set aside, poisoned',
    ],
    [
      'a last file that is not shipped',
      server(() => 0, { hits: 7, status: 503 }),
      'the last file is not shipped: 503 ClickHouse is away',
    ],
    ['nothing that explains it', server(() => 0, { hits: 7 }), 'nothing waits and nothing is set aside'],
  ] as const) {
    it(`names ${what}`, async () => {
      const found = await settle(ninety, 10, quick);
      expect(found).toEqual({
        inClickHouse: 7,
        missing: [expect.stringMatching(/^3 of 10, as counted at /), missing],
      });
    });
  }

  it('says where more are there than were sent', async () => {
    const { missing } = await settle(
      server(() => 0, { hits: 12 }),
      10,
      quick,
    );
    expect(missing[0]).toMatch(/^2 too many/);
  });
});

describe('the gate before ClickHouse', () => {
  it('lets nobody through while it is shut, and can be shut twice', async () => {
    const behind = createServer((_, answer) => answer.end('ClickHouse')).listen(0, '127.0.0.1');
    await once(behind, 'listening');
    const gate = await gateBefore(`http://127.0.0.1:${(behind.address() as AddressInfo).port}`);
    try {
      const ask = async () => (await fetch(gate.url, { headers: { connection: 'close' } })).text();
      expect(await ask()).toBe('ClickHouse');
      await gate.shut();
      await expect(ask()).rejects.toThrow(TypeError);
      await gate.open();
      expect(await ask()).toBe('ClickHouse');
    } finally {
      await gate.shut();
      await gate.shut();
      behind.close();
    }
  });
});
