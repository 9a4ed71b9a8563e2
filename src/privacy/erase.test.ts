import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { visitorId } from '../identity/visitor.ts';
import { Leases } from '../jobs/lease.ts';
import { ErasureError, eraseVisitors, SPARED_TABLES, tablesOfVisitors } from './erase.ts';
import { readErasure, requestErasure } from './erasures.ts';
import { readKnown } from './known.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const leases = new Leases(clickhouse, 'test');
beforeAll(() => migrate(clickhouse, 90).then(() => {}));
afterAll(() => clickhouse.close());

const ago = (ms: number) => new Date(Date.now() - ms).toISOString();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A hit of each of three days, two links, a match, a membership, a trait and a label. */
async function live(visitor: number): Promise<void> {
  const common = { visitor, categories: ['483'], purposes: 13, partners: ['dsp'], origin: 'pixel' };
  for (const days of [0, 1, 2])
    await clickhouse.insert('hits', [
      {
        ...common,
        time: ago(days * DAY + HOUR),
        hit: visitor * 10 + days,
        country: 'DE',
        device_type: 'gaid',
        device_id: `device-${visitor}`,
      },
    ]);
  // Of today: what is only passed on to other tables lies there for its day, and an hour ago may be yesterday.
  await clickhouse.insert('matches', [
    { time: ago(0), visitor, partner: 'dsp', uid: `uid-${visitor}`, purposes: 13, partners: ['dsp'] },
  ]);
  await clickhouse.insert('members', [{ build: 1, segment: 's', visitor, seen: ago(HOUR) }]);
  await clickhouse.insert('traits', [
    { trait: 'data-co:Sailor', visitor, time: ago(HOUR), source: 'dsp', upload: 'upload-1' },
  ]);
  await clickhouse.insert('labels', [
    { attribute: 'gender', visitor, source: 'panel', value: 'other', time: ago(HOUR), last: ago(HOUR) },
  ]);
  await clickhouse.insert('interests', [{ interest: '607', visitor, score: 80, last: ago(HOUR) }]);
  const age = { attribute: 'age', value: '25-29', decided: true, probability: 0.9, last: ago(HOUR) };
  await clickhouse.insert('demographics', [{ ...age, visitor }]);
  await clickhouse.insert('audience_builds', [{ kind: 'demographics/age', build: 0, time: ago(0) }]);
}

const optOut = (visitor: number, erasure: string) =>
  clickhouse.insert('optouts', [{ time: ago(0), visitor, hash: visitor + 1000, erasure }]);

/** Every table that has visitors, as a batch must find them. */
const TABLES = [
  'build_clauses',
  'cluster_work',
  'clusters',
  'consents',
  'demographics',
  'features',
  'hits',
  'interests',
  'labels',
  'links',
  'lookalike_work',
  'lookalikes',
  'matches',
  'member_changes',
  'members',
  'model_hits',
  'model_labels',
  'optouts',
  'profiles',
  'set_aside',
  'traits',
  'upkeep_work',
  'uploaded_links',
];
/** Every table that has none. */
const OF_NOBODY = [
  'acts',
  'alert_checks',
  'alert_notices',
  'alert_webhooks',
  'alerts',
  'audience_builds',
  'build_drivers',
  'build_questions',
  'build_thresholds',
  'builds',
  'delivery_breakers',
  'delivery_chunks',
  'delivery_failures',
  'delivery_losses',
  'delivery_runs',
  'delivery_withheld',
  'disk_reports',
  'erasure_batches',
  'feature_counts',
  'household_keys',
  'identity_builds',
  'job_runs',
  'journal_marks',
  'label_uploads',
  'leases',
  'looks',
  'match_rates',
  'match_uploads',
  'model_weights',
  'objects',
  'plan_looks',
  'schema_files',
  'suppressions',
  'tallies',
  'taxonomy_names',
  'trait_uploads',
  'upkeeps',
];
/** Rows of each table that lie there for a visitor, whatever the views show. */
async function stored(visitor: number): Promise<Record<string, number>> {
  const rows = await Promise.all(
    TABLES.map((table) =>
      clickhouse.query<{ n: string }>(
        `SELECT count() AS n FROM ${table} ${table === 'consents' ? 'FINAL' : ''} WHERE visitor = {visitor:UInt64}`,
        { visitor },
      ),
    ),
  );
  return Object.fromEntries(TABLES.map((table, at) => [table, Number(rows[at]![0]!.n)]));
}
const shown = async (visitor: number) => {
  const counts = await Promise.all(
    ['kept_hits', 'kept_features', 'kept_links', 'kept_members', 'kept_traits', 'kept_labels'].map((view) =>
      clickhouse.query<{ n: string }>(`SELECT count() AS n FROM ${view} WHERE visitor = {visitor:UInt64}`, {
        visitor,
      }),
    ),
  );
  return counts.map(([row]) => Number(row!.n));
};
const batch = (asked = true) => eraseVisitors(clickhouse, leases, 90, asked);

describe('an erasure', () => {
  it('that nobody asked for deletes nothing', async () => {
    await live(1);
    expect(await batch()).toBeUndefined();
    expect(await shown(1)).toEqual([3, 3, 2, 1, 1, 1]);
  });

  it('hides a visitor at once, deletes it with the batch, and leaves all others be', async () => {
    await live(2);
    expect(await readKnown(clickhouse, 2n)).toMatchObject({
      hits: 3,
      countries: ['DE'],
      categories: ['483'],
      traits: ['data-co:Sailor'],
      interests: ['607'],
      demographics: [
        { attribute: 'age', value: '25-29', declared: false },
        { attribute: 'gender', value: 'other', declared: true },
      ],
    });
    const id = await requestErasure(clickhouse, [2n]);
    expect(await shown(2)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await readKnown(clickhouse, 2n)).toMatchObject({
      hits: 0,
      categories: [],
      links: [],
      traits: [],
      interests: [],
      demographics: [],
    });
    expect(await stored(2)).toMatchObject({ hits: 3 });
    expect(await readErasure(clickhouse, id)).toMatchObject({ id, state: 'waiting', visitors: 1 });
    await batch();
    expect(await stored(2)).toEqual(Object.fromEntries(TABLES.map((table) => [table, 0])));
    expect(await shown(1)).toEqual([3, 3, 2, 1, 1, 1]);
    const receipt = (await readErasure(clickhouse, id))!;
    expect(receipt.state).toBe('done');
    const deletions = receipt.steps.filter(({ step }) => step === 'delete');
    const rows = Object.fromEntries(deletions.map((step) => [step.table, step.rows]));
    expect(rows).toMatchObject({ hits: 3, features: 3, members: 1, matches: 1, traits: 1, labels: 1 });
    expect(deletions.every(({ at }) => at !== null)).toBe(true);
    expect(receipt.steps.find(({ step }) => step === 'purge')).toMatchObject({ state: 'done' });
  });

  it('takes the rows off the disk', async () => {
    const [masked] = await clickhouse.query<{ n: string }>(
      'SELECT countIf(has_lightweight_delete) AS n FROM system.parts WHERE database = currentDatabase() AND active',
    );
    expect(masked!.n).toBe('0');
  });

  it('of an operator’s asking ends what was, not what comes after', async () => {
    await live(3);
    const id = await requestErasure(clickhouse, [3n]);
    await clickhouse.insert('hits', [
      { time: new Date(Date.now() + 5_000).toISOString(), visitor: 3, hit: 999, purposes: 13 },
    ]);
    expect(await shown(3)).toEqual([0, 0, 0, 0, 0, 0]);
    await batch();
    expect(await shown(3)).toEqual([1, 0, 0, 0, 0, 0]);
    // A collector that was cut off brings an old hit late.
    await clickhouse.insert('hits', [{ time: ago(DAY), visitor: 3, hit: 998, purposes: 13 }]);
    await batch();
    expect(await shown(3)).toEqual([1, 0, 0, 0, 0, 0]);
    expect((await readErasure(clickhouse, id))?.steps).toContainEqual(
      expect.objectContaining({ table: 'hits', rows: 4 }),
    );
  });

  it('of an opt-out ends all, also what a collector took that had not heard of it, and keeps the no', async () => {
    await live(4);
    await optOut(4, 'of-an-opt-out');
    expect(await shown(4)).toEqual([0, 0, 0, 0, 0, 0]);
    await batch();
    await clickhouse.insert('hits', [
      { time: new Date(Date.now() + 5_000).toISOString(), visitor: 4, hit: 997, purposes: 13 },
    ]);
    expect(await shown(4)).toEqual([0, 0, 0, 0, 0, 0]);
    await batch();
    expect(await stored(4)).toEqual({
      ...Object.fromEntries(TABLES.map((table) => [table, 0])),
      consents: 1,
    });
    const [consent] = await clickhouse.query(
      'SELECT withdrawn FROM kept_consents WHERE visitor = {visitor:UInt64}',
      { visitor: 4 },
    );
    expect(consent).toEqual({ withdrawn: 1 });
    expect(await clickhouse.query('SELECT hash FROM suppressions')).toEqual([{ hash: '1004' }]);
    expect(await readErasure(clickhouse, 'of-an-opt-out')).toMatchObject({ state: 'done', origin: 'optout' });
  });

  it('is done once a day by the schedule, and at once when somebody asks', async () => {
    await live(5);
    await requestErasure(clickhouse, [5n]);
    expect(await batch(false)).toBeUndefined();
    expect(await stored(5)).toMatchObject({ hits: 3 });
    await batch();
    expect(await stored(5)).toMatchObject({ hits: 0 });
  });

  it('says for which segments readers are told', async () => {
    await clickhouse.insert('exports', [
      {
        segment: 'told',
        source: 'visitor',
        uid: visitorId(6n),
        seq: 1,
        op: 'add',
        observed: ago(0).slice(0, 10),
      },
      {
        segment: 'told',
        source: 'visitor',
        uid: visitorId(6n),
        seq: 2,
        op: 'remove',
        observed: ago(0).slice(0, 10),
      },
      {
        segment: 'untold',
        source: 'visitor',
        uid: visitorId(6n),
        seq: 1,
        op: 'add',
        observed: ago(0).slice(0, 10),
      },
    ]);
    const receipt = await readErasure(clickhouse, await requestErasure(clickhouse, [6n]));
    const told = receipt!.steps.filter(({ segment }) => segment !== undefined);
    expect(told.map(({ segment, state }) => [segment, state])).toEqual([
      ['told', 'done'],
      ['untold', 'waiting'],
    ]);
  });

  it.each([
    ['waits for readers with cursors of before', 27, 'waiting'],
    ['is over once none of these is good any more', 30, 'done'],
  ])('of what was pulled %s', async (_, days, state) => {
    const erasure = `pulled-${days}`;
    const time = ago(days * DAY);
    await clickhouse.insert('erasures', [
      { erasure, visitor: 8, time, stored: time, origin: 'api', suppressed: false },
    ]);
    const { steps } = (await readErasure(clickhouse, erasure))!;
    const pulled = steps.filter(({ step, segment }) => step === 'deliver' && segment === undefined);
    const over = new Date(Date.parse(time) + 29 * DAY).toISOString();
    expect(pulled).toMatchObject([{ state, at: state === 'done' ? over : null }]);
  });

  it('looks into every table there is', async () => {
    const { tables, unfit } = await tablesOfVisitors(clickhouse);
    expect(tables.map(({ name }) => name)).toEqual(TABLES);
    expect(unfit).toEqual([]);
    const all = await clickhouse.query<{ name: string }>(
      `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name`,
    );
    // Whoever adds a table says here whose rows it has.
    const known = [...TABLES, ...Object.keys(SPARED_TABLES), ...OF_NOBODY].sort();
    expect(all.map(({ name }) => name)).toEqual(known);
  });

  it('deletes from every table, to whichever fraction of a second it knows its moments', async () => {
    const { tables } = await tablesOfVisitors(clickhouse);
    for (const { stored: name, time } of tables)
      await clickhouse.insert(name, [
        // A label is kept as long as it was confirmed last, and some tables hold a row for its day only.
        { visitor: 70, [time]: ago(0), ...(name === 'labels' ? { last: ago(0) } : {}) },
      ]);
    expect(Object.entries(await stored(70)).filter(([, rows]) => rows === 0)).toEqual([]);
    await requestErasure(clickhouse, [70n]);
    await batch();
    // The no that an opt-out was is kept.
    expect(Object.entries(await stored(70)).filter(([, rows]) => rows > 0)).toEqual([['consents', 1]]);
  });

  it('fails by the name of every table that it cannot delete from, and deletes from all others', async () => {
    await live(7);
    const id = await requestErasure(clickhouse, [7n]);
    const forgotten = {
      known_elsewhere: 'time DateTime, partner String, uid String',
      named_otherwise: 'time DateTime, own_visitor UInt64',
      untimed: 'visitor UInt64, uploaded DateTime',
    };
    for (const [name, columns] of Object.entries(forgotten))
      await clickhouse.command(`CREATE TABLE ${name} (${columns}) ENGINE = MergeTree ORDER BY tuple()`);
    try {
      const failed = await batch().catch((error: unknown) => error);
      expect(failed).toBeInstanceOf(ErasureError);
      expect(failed).toMatchObject({ reason: 'unfit_table', tables: Object.keys(forgotten) });
      expect(await stored(7)).toMatchObject({ hits: 0, traits: 0 });
      expect(await readErasure(clickhouse, id)).toMatchObject({ state: 'waiting' });
    } finally {
      for (const name of Object.keys(forgotten)) await clickhouse.command(`DROP TABLE ${name} SYNC`);
    }
    await batch();
    expect(await readErasure(clickhouse, id)).toMatchObject({ state: 'done' });
  });

  it('that is not known has no receipt', async () => {
    expect(await readErasure(clickhouse, 'nothing')).toBeUndefined();
  });
});
