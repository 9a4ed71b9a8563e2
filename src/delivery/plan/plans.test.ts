import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  expect(lines).toEqual(dry.lines.map((line) => ({ ...line, erased: false })));
  expect(await plans.recheck({ destination: renamed.destination, type: TYPE, run: 2, chunks: [1] })).toEqual(
    new Map([[1, 0]]),
  );
});

it('of a segment whose rule was changed nobody is added until it is built by the new one', async () => {
  const now = new Date().toISOString();
  const plans = plansOf({ clickhouse, registry, minAudience: 0, retentionDays: 90 });
  const planning = {
    destination: { ...destinationOf({ partner: 'acme', segments: ['plain'] }), id: 'other' },
    type: TYPE,
    lines: 10,
    run: 1,
    mode: 'delta' as const,
  };
  expect((await plans.dryRun(planning)).said).toMatchObject([{ code: 'plain', adds: 1 }]);
  const changed = KINDS.segment.parse({ name: 'PLAIN', rule: { did: { category: '2' } } });
  await registry.put('segment', 'plain', changed, 1, 'test');
  const held = await plans.dryRun(planning);
  expect(held.lines).toEqual([]);
  expect(held.counts).toContainEqual({ segment: 'plain', stage: 'sent', reason: 'rule_changed', n: 1 });
  await clickhouse.insert('members', [{ build: 2, segment: 'plain', visitor: 1, seen: now }]);
  await clickhouse.insert('builds', [
    { segment: 'plain', build: 2, version: 2, state: 'built', as_of: now, size: 1, time: now },
  ]);
  expect((await plans.dryRun(planning)).said).toMatchObject([{ code: 'plain', adds: 1 }]);
});
