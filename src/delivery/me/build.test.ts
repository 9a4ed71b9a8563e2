import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { Leases } from '../../jobs/lease.ts';
import { KINDS } from '../../registry/kinds.ts';
import { Registry } from '../../registry/registry.ts';
import { buildProfiles, type ProfilesSummary, profilesAreDue, withProfiles } from './build.ts';
import { rememberedPageSegments } from './page-segments.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const folder = await mkdtemp(join(tmpdir(), 'ninety-profiles-'));
const registry = new Registry(clickhouse, folder);
const from = { clickhouse, leases: new Leases(clickhouse, 'test'), registry, minAudience: 2 };
const remembered = rememberedPageSegments(registry);

const MAY = 0b1101;
const time = new Date().toISOString();
let changes = 0;
const did = { did: { category: '1' } };
const HEALTH = { did: { category: '286' } };

async function segment(id: string, body: object, expected = 0): Promise<void> {
  await registry.put('segment', id, KINDS.segment.parse({ name: id, ...body }), expected, 'test');
}

/** A build of a segment. @param seen days ago. */
async function members(
  build: number,
  id: string,
  visitors: readonly (number | string)[],
  seen = 0,
): Promise<void> {
  const at = new Date(Date.now() - seen * 86_400_000).toISOString();
  await clickhouse.insert(
    'members',
    visitors.map((visitor) => ({ build, segment: id, visitor, seen: at })),
  );
  const pointer = { segment: id, build, state: 'built', version: 1, as_of: time, time };
  await clickhouse.insert('builds', [{ ...pointer, size: visitors.length }]);
}

const hit = (visitor: number, country: string) =>
  clickhouse.insert('hits', [
    { time, visitor, hit: visitor, country, region: '', purposes: MAY, origin: 'pixel' },
  ]);

const consent = (visitor: number | string, state: object = {}) =>
  clickhouse.insert('consents', [
    { visitor, time, withdrawn: 0, purposes: MAY, partners: [], origin: 'pixel', ...state },
  ]);

/** `visitor: segments` */
async function visible(): Promise<Record<string, string[]>> {
  const [pointer] = await clickhouse.query<{ summary: string }>(
    "SELECT summary FROM audience_builds WHERE kind = 'profiles' ORDER BY build DESC LIMIT 1",
  );
  const { segments: names } = JSON.parse(pointer!.summary) as ProfilesSummary;
  const rows = await clickhouse.query<{ visitor: string; segments: number[] }>(
    'SELECT toString(visitor) AS visitor, segments FROM kept_profiles ORDER BY visitor',
  );
  return Object.fromEntries(
    rows.map(({ visitor, segments }) => [visitor, segments.map((place) => names[place]!).sort()]),
  );
}

beforeAll(async () => {
  await migrate(clickhouse, 90);
  for (const visitor of [1, 2, 3, 4, 9, 77, 78, 88, 89]) await consent(visitor);
  await registry.put(
    'partner',
    'vendor',
    KINDS.partner.parse({ name: 'V', labels: ['no-resale'] }),
    0,
    'test',
  );
});
afterAll(async () => {
  await clickhouse.close();
  await rm(folder, { recursive: true, force: true });
});

it('is not due before there is a membership', async () => {
  expect(await profilesAreDue(from)).toBe(false);
});

it('has of each visitor the segments that may leave: large enough, without a label, not forbidden where it was', async () => {
  await segment('plain', { rule: did });
  await segment('other', { rule: did });
  await segment('small', { rule: did });
  await segment('labelled', { rule: did, labels: ['sensitive', 'mine'] });
  await segment('bought', { rule: { trait: 'vendor:x' } });
  await segment('derived', { rule: { segment: 'labelled' } });
  await segment('health', { rule: HEALTH });
  await segment('unbuilt', { rule: did });
  await members(1, 'plain', [1, 2, 3]);
  await members(2, 'other', [2, 3, 4]);
  await members(2, 'small', [1]);
  for (const id of ['labelled', 'bought', 'derived']) await members(2, id, [1, 2, 3]);
  await members(2, 'health', [1, 2, 3]);
  await members(2, 'deleted', [1, 2, 3]);
  await hit(1, 'FR');
  await hit(2, 'JP');
  expect(await profilesAreDue(from)).toBe(true);
  const { result } = await buildProfiles(from);
  expect(result).toMatchObject({ segments: 3, memberships: 9 });
  expect(await visible()).toEqual({
    1: ['plain'],
    2: ['health', 'other', 'plain'],
    3: ['other', 'plain'],
    4: ['other'],
  });
  expect(await profilesAreDue(from)).toBe(false);
});

it('is due after a new membership, and shows it and nothing of before', async () => {
  await members(3, 'plain', [3, 9], 5);
  expect(await profilesAreDue(from)).toBe(true);
  await buildProfiles(from);
  const now = await visible();
  expect(now['1']).toBeUndefined();
  expect(now).toMatchObject({ 2: ['health', 'other'], 3: ['other', 'plain'], 9: ['plain'] });
  const [row] = await clickhouse.query<{ days: string }>(
    `SELECT toString(dateDiff('day', seen, now())) AS days FROM kept_profiles WHERE visitor = 3`,
  );
  // A row goes with the oldest of what is behind it.
  expect(row).toEqual({ days: '5' });
});

it('is of those alone whose newest word allows it', async () => {
  const later = new Date(Date.now() + 1).toISOString();
  await members(3, 'other', [3, 5, 6, 7]);
  await consent(5, { purposes: 0b0101 });
  await consent(6);
  await consent(6, { time: later, withdrawn: 1, purposes: 0 });
  await buildProfiles(from);
  expect(Object.keys(await visible())).toEqual(['2', '3', '9']);
});

it('is the same where it is made in slices', async () => {
  const far = ['5000000000000000000', '18446744073709551615'];
  await members(3, 'other', [2, 3, ...far]);
  for (const visitor of far) await consent(visitor);
  await buildProfiles(from);
  const whole = await visible();
  expect(Object.keys(whole)).toEqual(expect.arrayContaining(far));
  await buildProfiles({ ...from, membershipsASlice: 2 });
  expect(await visible()).toEqual(whole);
});

it('is due under another floor, and empty where nothing reaches it', async () => {
  const higher = { ...from, minAudience: 100 };
  expect(await profilesAreDue(higher)).toBe(true);
  expect((await buildProfiles(higher)).result).toMatchObject({ segments: 0 });
  expect(await visible()).toEqual({});
});

it('stays as it was where a build of it fails or is another’s', async () => {
  await buildProfiles(from);
  const before = await visible();
  const overtaken = {
    ...from,
    leases: {
      wait: async () => ({ ...(await from.leases.wait('profiles', 1_000)), isNewest: async () => false }),
    } as unknown as Leases,
  };
  await members(4, 'plain', [77, 78]);
  await expect(buildProfiles(overtaken)).rejects.toThrow('profiles was lost');
  expect(await visible()).toEqual(before);
  await buildProfiles(from);
  expect(await visible()).toMatchObject({ 77: ['plain'] });
});

it('keeps deliveries from nothing, nor they it', async () => {
  const read = { rowsRead: 1, bytesRead: 1 };
  const done = await withProfiles(from, async () => ({ result: { destinations: [] }, ...read }));
  expect(done.result).toMatchObject({ destinations: [], profiles: { segments: 3 } });
  await members(5, 'plain', [88, 89]);
  await expect(withProfiles(from, () => Promise.reject(new Error('no way')))).rejects.toThrow('no way');
  expect(await visible()).toMatchObject({ 88: ['plain'] });
});

it.each([
  ['has a segment whose name was changed since its members were made', { rule: did, name: 'Renamed' }, true],
  ['has no segment that lost a label since then', { rule: did, labels: [] }, false],
  ['has no segment whose rule was changed since then', { rule: { did: { category: '2' } } }, false],
])('%s', async (_, body, isTold) => {
  const id = `changed-${++changes}`;
  const labelled = 'labels' in body;
  await segment(id, { rule: did, ...(labelled ? { labels: ['sensitive'] } : {}) });
  await members(10 + changes, id, [1, 2]);
  await segment(id, body, 1);
  await buildProfiles(from);
  expect((await visible())['1']?.includes(id) === true).toBe(isTold);
});

it('is of segments as they are labelled now, whatever was built', async () => {
  expect([...remembered().keys()]).toContain('plain');
  await segment('plain', { rule: did, labels: ['no-third-party'] }, 1);
  expect([...remembered().keys()]).not.toContain('plain');
});
