import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ShownJobs } from '../src/api/jobs.ts';
import { testServer } from '../src/api/server.testing.ts';
import type { Waterfall } from '../src/delivery/waterfall.ts';
import type { ConsentReport } from '../src/report/consent.ts';
import type { DeliveryHealth } from '../src/report/deliveries.ts';
import type { Forgotten } from '../src/report/forgotten.ts';
import type { MatchRatesReport } from '../src/report/match-rates.ts';
import type { SegmentsReport } from '../src/report/segment-sizes.ts';
import { until } from './client.ts';
import { freshDatabase } from './engine.ts';

const SEED = fileURLToPath(new URL('../scripts/seed.mjs', import.meta.url));
const HISTORY_DAYS = 21;

const { urls, user, password, database } = await freshDatabase();
const engine = {
  CLICKHOUSE_URL: urls[0]!,
  CLICKHOUSE_USER: user,
  CLICKHOUSE_PASSWORD: password,
  CLICKHOUSE_DATABASE: database,
};
const server = await testServer(engine);

/** `npm run seed --` with these. */
function seed(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], ...engine };
    const child = execFile(process.execPath, [SEED, ...args], { env }, (_, out, err) =>
      resolve({ code: child.exitCode, out, err }),
    );
  });
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
/** Of a server that was seeded on this day. */
let seedDay = '';
const ofEarlierDays = <T extends { readonly time: string }>(points: readonly T[]) =>
  points.filter(({ time }) => time < seedDay);

describe('the newsroom', () => {
  beforeAll(async () => {
    const { url, operator } = server;
    seedDay = daysAgo(0);
    const { code, out, err } = await seed('newsroom', '--people', '200', '--url', url, '--key', operator.key);
    expect([code, out], err).toEqual([0, expect.stringMatching(/^newsroom: seeded in .* Console: http/)]);
  });

  const read = <T>(path: string) => server.operator.json<T>('GET', path);

  it('is seeded to its end, with something to see on every page', async () => {
    const { items } = await read<{ items: DeliveryHealth[] }>('/v1/deliveries');
    expect(items.map(({ destination, state }) => [destination, state])).toEqual([
      ['crm-hook', 'waiting'],
      ['partner-files', 'fine'],
      ['warehouse', 'down'],
    ]);
    const alerts = await read<{ items: { kind: string }[] }>('/v1/alerts');
    // Of so few people a model may be another one from one day to the next.
    expect(alerts.items.filter(({ kind }) => kind !== 'model_drift')).toMatchObject([
      { kind: 'delivery_failing', subject: 'warehouse' },
    ]);
    const { erasures } = await read<Forgotten>('/v1/retention');
    expect(erasures).toHaveLength(1);
    // Refusals are tallied every two seconds, for which nothing waits.
    await until('refusals and syncs are counted', async () => {
      const { lastDay } = await read<{ lastDay: object[] }>('/v1/partners/north-dsp/why?gdpr=0');
      return lastDay.length > 1;
    });
    // Of two hundred people a few leave, whom nobody need have seen in the weeks before.
    const { total, refusals } = await read<ConsentReport>(`/v1/reports/consent?from=${daysAgo(89)}&step=day`);
    expect(total.withdrawn).toBeGreaterThan(0);
    expect(total.handOut).toBeGreaterThan(0);
    expect(refusals.map(({ room, reason }) => `${room} ${reason}`)).toEqual(
      expect.arrayContaining(['collect consent_missing', 'collect sale_opt_out', 'sync sale_opt_out']),
    );
  });

  it('has grown: of three weeks each segment has its size of the day, and who came and went', async () => {
    const { items } = await read<{ items: { id: string; size: number }[] }>('/v1/segments');
    expect(items).toHaveLength(9);
    const { segments } = await read<SegmentsReport>(
      `/v1/reports/segments?segments=${items.map(({ id }) => id)}&step=day&from=${daysAgo(HISTORY_DAYS + 1)}`,
    );
    for (const { segment, size, points } of segments) {
      expect(ofEarlierDays(points), segment).toHaveLength(HISTORY_DAYS);
      expect(points.at(-1)!.size, segment).toBe(size);
    }
    // Whoever has read of cooking stays, but for those who withdraw.
    const days = ofEarlierDays(segments.find(({ segment }) => segment === 'home-cooks')!.points);
    expect(days[0]!.size).toBeGreaterThan(0);
    expect(days.at(-1)!.size).toBeGreaterThan(days[0]!.size);
    for (const [at, { size, added, removed }] of days.entries())
      if (at > 0) expect(size).toBe(days[at - 1]!.size + added! - removed!);
  });

  it('has match rates of each of these days, which rise as the partner’s table grows', async () => {
    const { partners } = await read<MatchRatesReport>(
      `/v1/reports/match-rates?partners=north-dsp&days=30&step=day&from=${daysAgo(HISTORY_DAYS + 1)}`,
    );
    const { points } = partners[0]!;
    expect(ofEarlierDays(points)).toHaveLength(HISTORY_DAYS);
    expect(points[0]!.matched).toBeGreaterThan(0);
    expect(points.at(-1)!.matchRate).toBeGreaterThan(points[0]!.matchRate!);
  });

  it('has told the partner of what changed each day, today by a run of the server’s own', async () => {
    const { items } = await read<{ items: Waterfall[] }>(
      '/v1/destinations/partner-files/waterfall?segment=home-cooks',
    );
    const { days, stages, added, trend } = items[0]!;
    const acceptedOf = (of: Waterfall['stages']) => of.find(({ stage }) => stage === 'accepted')!.n!;
    expect(days).toHaveLength(HISTORY_DAYS);
    let told = 0;
    for (const day of days) {
      told += day.added - day.removed;
      expect(acceptedOf(day.stages), day.day).toBe(told);
    }
    expect(trend.members).toBeGreaterThan(0);
    expect(trend.accepted).toBeGreaterThan(0);
    expect(added).toBeLessThan(acceptedOf(stages));
  });

  it('has a ledger of what its jobs did on these days', async () => {
    const { items } = await read<ShownJobs>('/v1/jobs?limit=1000');
    for (const job of ['segments', 'deliver']) {
      const runs = items.filter((run) => run.job === job).map(({ started }) => ({ time: started }));
      expect(ofEarlierDays(runs), job).toHaveLength(HISTORY_DAYS);
    }
    expect(items.filter(({ state }) => state !== 'done' && state !== 'running')).toEqual([]);
  });
});

describe('npm run seed', () => {
  it('says with --help what there is', async () => {
    const { code, out, err } = await seed('--help');
    expect([code, err]).toEqual([0, '']);
    for (const word of ['Usage: npm run seed -- <scenario>', 'shop', 'newsroom', '--people', '--url'])
      expect(out).toContain(word);
  });

  it.each([
    [[], 'Which scenario?'],
    [['nothing'], 'There is no scenario "nothing".'],
    [['shop', '--nonsense'], '--nonsense'],
    [['shop', 'newsroom'], 'One scenario at a time'],
    [['shop', '--people', 'many'], '--people must be a whole number'],
    [['shop', '--url', 'http://127.0.0.1:1'], '--url and --key belong together.'],
  ])('refuses %j with the reason and what there is', async (args, why) => {
    const { code, out, err } = await seed(...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(why);
    expect(err).toContain('Usage: npm run seed -- <scenario>');
    expect(err).not.toContain('    at ');
  });
});
