import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { type Destination, KINDS } from '../../registry/kinds.ts';
import { Registry } from '../../registry/registry.ts';
import type { DestinationType } from '../destination.ts';
import { plansOf, recipientOf } from './plans.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const folder = await mkdtemp(join(tmpdir(), 'ninety-plans-'));
const registry = new Registry(clickhouse, folder);

const TYPE: DestinationType = {
  type: 'sink',
  title: 'Sink',
  summary: 'Takes everything.',
  settings: z.object({}),
  secrets: [],
  places: [],
  takes: { partner: true, devices: ['idfa'] },
  gvlId: 21,
  tells: 'changes',
  bySegment: false,
  removes: true,
  expiryDays: { usual: 90, most: 180 },
  limits: () => ({ lines: 100, concurrency: 1 }),
  refuseCode: (code) => (code === 'odd' ? 'is odd' : undefined),
  send: () => Promise.resolve({ accepted: 0, failed: [] }),
  preview: () => Promise.resolve(''),
};

function withoutVendor({ gvlId: _, ...type }: DestinationType): DestinationType {
  return type;
}

const did = { did: { category: '1' } };

beforeAll(async () => {
  await migrate(clickhouse, 90);
  const partner = (body: object) => KINDS.partner.parse({ name: 'P', ...body });
  await registry.put('partner', 'acme', partner({ freshDays: 30, labels: ['no-resale'] }), 0, 'test');
  await registry.put('partner', 'desk', partner({ gvlId: 21 }), 0, 'test');
  const segments = {
    plain: { rule: did, ttlDays: 8 },
    bought: { rule: { trait: 'acme:x' } },
    odd: { rule: did },
  };
  for (const [id, body] of Object.entries(segments))
    await registry.put('segment', id, KINDS.segment.parse({ name: id.toUpperCase(), ...body }), 0, 'test');
});
afterAll(async () => {
  await clickhouse.close();
  await rm(folder, { recursive: true, force: true });
});

const destinationOf = (change: object): Destination => ({
  ...KINDS.destination.parse({ name: 'D', type: 'sink', segments: 'all', ...change }),
  id: 'dsp',
  version: 1,
  updatedAt: new Date().toISOString(),
});
const recipient = (change: object) => recipientOf({ clickhouse, registry }, destinationOf(change), TYPE);

describe('whom a destination is told of', () => {
  it.each<[string, object, object]>([
    ['nobody where its partner is gone', { partner: 'gone', devices: ['idfa'] }, TYPE],
    ['nobody where nobody is named who could be asked for', { devices: ['idfa'] }, withoutVendor(TYPE)],
    ['nobody where it names no ids', {}, TYPE],
  ])('%s', async (_, change, type) => {
    const { sources } = await recipientOf(
      { clickhouse, registry },
      destinationOf(change),
      type as DestinationType,
    );
    expect(sources).toEqual([]);
  });
});

describe('whose consent a destination needs', () => {
  it.each<[string, object, string[]]>([
    ['the partner’s whose ids it takes', { partner: 'acme' }, ['acme']],
    ['and that of a vendor it names beside', { partner: 'acme', gvlId: 21 }, ['acme', 'desk']],
    ['its own vendor’s, where it takes device ids alone', { devices: ['idfa'] }, ['desk']],
    ['nobody’s that is known, where no partner is that vendor', { devices: ['idfa'], gvlId: 7 }, ['gvl/7']],
  ])('%s', async (_, change, vendors) => {
    expect((await recipient(change)).vendors).toEqual(vendors);
  });
});

it('a destination is told of the segments it may have, by the names it takes, under the ids it takes', async () => {
  const { sources, freshDays, segments } = await recipient({
    partner: 'acme',
    devices: ['idfa', 'gaid'],
    segments: [{ id: 'plain', code: 'Plain' }, { id: 'bought' }, { id: 'odd' }, { id: 'gone' }],
  });
  expect(sources).toEqual([
    { kind: 'partner', id: 'acme' },
    { kind: 'device', id: 'idfa' },
  ]);
  expect(freshDays).toBe(30);
  expect(segments.map(({ id, code, refused, refreshDays }) => [id, code, refused, refreshDays])).toEqual([
    ['plain', 'Plain', undefined, 6],
    ['bought', 'bought', 'label_not_allowed', 67],
    ['odd', 'odd', 'code_not_taken', 67],
  ]);
  const allowed = await recipient({ partner: 'acme', allows: ['no-resale'], segments: ['bought'] });
  expect(allowed.segments[0]).toMatchObject({ id: 'bought', refused: undefined });
});

it('what is planned is told with its names, and what it was told before under its old one', async () => {
  const now = new Date().toISOString();
  await clickhouse.insert('members', [{ build: 1, segment: 'plain', visitor: 1, seen: now }]);
  await clickhouse.insert('builds', [
    { segment: 'plain', build: 1, version: 1, state: 'built', as_of: now, size: 1, time: now },
  ]);
  const allows = { purposes: 0b1101, partners: ['acme'], origin: 'pixel' };
  await clickhouse.insert('consents', [{ visitor: 1, time: now, withdrawn: 0, ...allows }]);
  await clickhouse.insert('links', [{ source: 'acme', visitor: 1, uid: 'u1', first: now, last: now }]);
  const plans = plansOf({ clickhouse, registry, minAudience: 0, retentionDays: 90 });
  const planning = (run: number, change: object) => ({
    destination: destinationOf({ partner: 'acme', ...change }),
    type: TYPE,
    lines: 10,
    run,
    mode: 'delta' as const,
  });
  const of = (run: number) => ({ destination: 'dsp', run, chunk: 1, version: 0 });
  const first = await plans.plan(planning(1, { segments: [{ id: 'plain', code: 'old' }] }));
  expect(first).toMatchObject({ chunks: 1, lines: 1, adds: 1 });
  expect(first.segments).toEqual([
    { id: 'plain', code: 'old', name: 'PLAIN', ttlMinutes: 8 * 1440, size: 1 },
  ]);
  await clickhouse.insert('delivery_runs', [{ destination: 'dsp', run: 1, time: now }]);
  const renamed = planning(2, { segments: [{ id: 'plain', code: 'new' }] });
  const dry = await plans.dryRun(renamed);
  expect(dry.lines).toEqual([
    { number: 0, source: 'acme', uid: 'u1', add: ['new'], remove: ['old'], all: [] },
  ]);
  const second = await plans.plan(renamed);
  expect(second).toMatchObject({ chunks: 1, lines: 1, adds: 1, removes: 1 });
  expect(second.segments.map(({ id, code, size }) => [id, code, size])).toEqual([
    ['plain', 'new', 1],
    ['', 'old', 0],
  ]);
  const lines = [];
  for await (const line of plans.lines(of(2))) lines.push(line);
  expect(lines).toEqual(dry.lines.map((line) => ({ ...line, erased: false, optedOut: false })));
  expect(await plans.recheck({ destination: renamed.destination, type: TYPE, run: 2, chunks: [1] })).toEqual(
    new Map([[1, 0]]),
  );
});

const builtAs = async (segment: string, build: number, version: number) => {
  const now = new Date().toISOString();
  await clickhouse.insert('members', [{ build, segment, visitor: 1, seen: now }]);
  await clickhouse.insert('builds', [
    { segment, build, version, state: 'built', as_of: now, size: 1, time: now },
  ]);
};
const planningOf = (segment: string) => ({
  destination: { ...destinationOf({ partner: 'acme', segments: [segment] }), id: `to-${segment}` },
  type: TYPE,
  lines: 10,
  run: 1,
  mode: 'delta' as const,
});
const put = (id: string, body: object, version: number) =>
  registry.put('segment', id, KINDS.segment.parse({ name: id, ...body }), version, 'test');

it('of a segment whose rule was changed nobody is added until it is built by the new one', async () => {
  const plans = plansOf({ clickhouse, registry, minAudience: 0, retentionDays: 90 });
  const planning = planningOf('ruled');
  const said = async () => (await plans.dryRun(planning)).said.map(({ code, adds }) => [code, adds]);
  await put('ruled', { rule: did }, 0);
  await builtAs('ruled', 10, 1);
  expect(await said()).toEqual([['ruled', 1]]);
  await put('ruled', { rule: did, name: 'Another name', folder: 'a/b', ttlDays: 9, note: 'moved' }, 1);
  expect(await said()).toEqual([['ruled', 1]]);
  await put('ruled', { rule: { did: { category: '2' } } }, 2);
  const held = await plans.dryRun(planning);
  expect(held.lines).toEqual([]);
  expect(held.counts).toContainEqual({ segment: 'ruled', stage: 'sent', reason: 'rule_changed', n: 1 });
  await put('ruled', { rule: did, merge: 'device' }, 3);
  expect(await said()).toEqual([]);
  await put('ruled', { rule: did }, 4);
  expect(await said()).toEqual([['ruled', 1]]);
  await put('ruled', { rule: { did: { category: '2' } } }, 5);
  await builtAs('ruled', 11, 6);
  expect(await said()).toEqual([['ruled', 1]]);
});

it('a segment that another uses holds that one back by its rule, and not by its name', async () => {
  const plans = plansOf({ clickhouse, registry, minAudience: 0, retentionDays: 90 });
  const said = async () => (await plans.dryRun(planningOf('using'))).said.map(({ adds }) => adds);
  await put('used', { rule: did }, 0);
  await put('using', { rule: { segment: 'used' } }, 0);
  // Of one millisecond it is not known which came first.
  await setTimeout(2);
  await builtAs('using', 12, 1);
  await put('used', { rule: did, name: 'Another name' }, 1);
  expect(await said()).toEqual([1]);
  await put('used', { rule: { did: { category: '2' } } }, 2);
  expect(await said()).toEqual([]);
  // It may have been built while this was its rule.
  await put('used', { rule: did }, 3);
  expect(await said()).toEqual([]);
});

it('labels count as they are, and as they were when the members were made', async () => {
  const refused = async () =>
    (await recipient({ partner: 'acme', segments: ['labelled'] })).segments[0]!.refused;
  await put('labelled', { rule: did }, 0);
  await builtAs('labelled', 13, 1);
  expect(await refused()).toBeUndefined();
  await put('labelled', { rule: did, labels: ['sensitive'] }, 1);
  expect(await refused()).toBe('label_not_allowed');
  await builtAs('labelled', 14, 2);
  await put('labelled', { rule: did }, 2);
  expect(await refused()).toBe('label_not_allowed');
  await builtAs('labelled', 15, 3);
  expect(await refused()).toBeUndefined();
});
