import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { PURPOSE, PURPOSES_WITHOUT_TCF } from '../../consent/purposes.ts';
import { visitorId } from '../../identity/visitor.ts';
import { Leases } from '../../jobs/lease.ts';
import { eraseVisitors } from '../../privacy/erase.ts';
import { UploadError } from '../../upload/upload.ts';
import { countLabels } from './counts.ts';
import { type Receipt, Receipts } from './receipt.ts';
import { LabelUpload } from './upload.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const receipts = new Receipts(clickhouse);
beforeAll(() => migrate(clickhouse, 90).then(() => undefined));
afterAll(() => clickhouse.close());

const DAY_MS = 86_400_000;
const ago = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
const visitor = (n: number) => `visitor:${visitorId(BigInt(n))}`;
const line = (n: number, value: unknown, attribute = 'gender') => ({ id: visitor(n), attribute, value });

/** Visitors by number, seen so many days ago. */
async function seen(visitors: readonly number[], days = 1, purposes = PURPOSES_WITHOUT_TCF): Promise<void> {
  const time = ago(days);
  await clickhouse.insert(
    'consents',
    visitors.map((n) => ({ visitor: n, time, purposes, origin: 'web' })),
  );
}
const refuse = (n: number) =>
  clickhouse.insert('consents', [{ visitor: n, time: ago(0), withdrawn: 1, origin: 'web' }]);

let uploads = 0;
async function upload(
  lines: readonly (object | string)[],
  source = 'panel',
  through = clickhouse,
): Promise<Receipt> {
  const text = lines.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join('\n');
  const body = async function* () {
    yield text;
  };
  const { receipt } = await new LabelUpload(through, receipts, {
    id: `upload-${++uploads}`,
    form: 'ndjson',
    source,
    text: body(),
    faultOf: () => 'cut_off',
    flush: async () => undefined,
    isPartner: (id) => id === 'acme',
  }).run();
  return receipt;
}

/** What holds, visitor by visitor. */
async function held(attribute = 'gender'): Promise<Record<string, string>> {
  const rows = await clickhouse.query<{ visitor: string; said: string }>(
    `SELECT visitor, concat(value, ' by ', source) AS said FROM kept_labels
     WHERE attribute = {attribute:String} ORDER BY visitor`,
    { attribute },
  );
  return Object.fromEntries(rows.map(({ visitor: id, said }) => [id, said]));
}
const rowsOf = async (table: string) =>
  Number((await clickhouse.query<{ n: string }>(`SELECT count() AS n FROM ${table}`))[0]!.n);

beforeEach(async () => {
  for (const table of ['labels', 'consents', 'links', 'erasures', 'erasure_batches'])
    await clickhouse.command(`TRUNCATE TABLE ${table}`);
});

describe('an upload of labels', () => {
  it('names every line that it refuses, and goes on behind it', async () => {
    await seen([1, 2]);
    const receipt = await upload([
      line(1, 'f'),
      '{"id":',
      line(1, 'x', 'religion'),
      { ...line(2, 'm'), more: 1 },
      line(2, 12, 'age'),
      '',
      line(2, 'blue'),
      line(9, 'm'),
      line(9, 30, 'age'),
      line(2, 'm'),
    ]);
    expect(receipt).toMatchObject({
      state: 'done',
      source: 'panel',
      received: 9,
      malformed: {
        count: 5,
        lines: [
          { line: 2, reason: 'bad_json' },
          { line: 3, reason: 'special_category' },
          { line: 4, reason: 'unknown_field' },
          { line: 5, reason: 'minor' },
          { line: 7, reason: 'bad_value' },
        ],
      },
      reasons: { bad_json: 1, special_category: 1, unknown_field: 1, minor: 1, bad_value: 1 },
      refused: { unknown_id: 2, withdrawn: 0, conflict: 0 },
      unknownIds: 1,
      stored: 2,
      attributes: ['gender', 'age'],
    });
    expect(await held()).toEqual({ 1: 'female by panel', 2: 'male by panel' });
    expect(await receipts.read(receipt.id)).toEqual(receipt);
    expect(await rowsOf('label_lines')).toBe(0);
  });

  it('says nothing of whom two of its lines disagree, also by different ids, and names both', async () => {
    await seen([1, 2, 3, 4]);
    const link = (source: string, uid: string, n: number, own = 0) => ({
      source,
      uid,
      visitor: n,
      own,
      first: ago(1),
      last: ago(1),
    });
    const device = 'aebe52e7-03ee-455a-b3c4-e57283966239';
    await clickhouse.insert('links', [
      link('acme', 'u-2', 2),
      link('idfa', device, 3),
      link('idfa', device, 4),
    ]);
    const receipt = await upload([
      line(1, 'f'),
      line(1, 'm'),
      line(1, 40, 'age'),
      line(1, '40-44', 'age'),
      { id: 'acme:u-2', attribute: 'gender', value: 'm' },
      line(2, 'f'),
      // Of one of its two visitors another line says something else: it holds for the other.
      { id: `idfa:${device}`, attribute: 'gender', value: 'other' },
      line(3, 'f'),
    ]);
    expect(receipt).toMatchObject({
      received: 8,
      stored: 3,
      refused: { unknown_id: 0, withdrawn: 0, conflict: 5 },
      conflicts: [1, 2, 5, 6, 8],
    });
    expect(await held()).toEqual({ 4: 'other by panel' });
    expect(await held('age')).toEqual({ 1: '40-44 by panel' });
  });

  it('with a conflict leaves what was told before', async () => {
    await seen([1]);
    await upload([line(1, 'f')]);
    expect(await upload([line(1, 'm'), line(1, 'f')])).toMatchObject({ stored: 0, conflicts: [1, 2] });
    expect(await held()).toEqual({ 1: 'female by panel' });
  });

  it('replaces what its source told before, and what any other did: what was told last holds', async () => {
    await seen([1, 2]);
    await upload([line(1, 'f'), line(2, 'f')], 'panel');
    await upload([line(1, 'm')], 'panel');
    expect(await held()).toEqual({ 1: 'male by panel', 2: 'female by panel' });
    await upload([line(1, 'other')], 'rival');
    expect(await held()).toEqual({ 1: 'other by rival', 2: 'female by panel' });
    await upload([line(1, 'f')], 'panel');
    expect(await held()).toEqual({ 1: 'female by panel', 2: 'female by panel' });
    await clickhouse.command('OPTIMIZE TABLE labels FINAL');
    expect(await rowsOf('labels')).toBe(3);
    expect(await held()).toEqual({ 1: 'female by panel', 2: 'female by panel' });
  });

  it('takes back what its source told, so that another’s word holds again', async () => {
    const back = (n: number, attribute = 'gender') => line(n, null, attribute);
    await seen([1, 2, 3, 4]);
    await upload([line(1, 'f'), line(2, 'f'), line(4, 'f'), line(2, 30, 'age')], 'panel');
    await upload([line(1, 'm'), line(3, 'm')], 'rival');
    expect(await upload([back(1), back(3)], 'rival')).toMatchObject({ stored: 2, takenBack: 2 });
    expect(await held()).toEqual({ 1: 'female by panel', 2: 'female by panel', 4: 'female by panel' });
    // Of who allows no profile now as well: he may allow one again.
    await refuse(4);
    expect(await upload([back(2), back(4), back(9), line(3, 'f')])).toMatchObject({
      stored: 3,
      takenBack: 2,
      refused: { unknown_id: 1, withdrawn: 0, conflict: 0 },
    });
    await seen([4], -0.001);
    expect([await held(), await held('age')]).toEqual([
      { 1: 'female by panel', 3: 'female by panel' },
      { 2: '30-34 by panel' },
    ]);
    await clickhouse.command('OPTIMIZE TABLE labels FINAL');
    expect(await held()).toEqual({ 1: 'female by panel', 3: 'female by panel' });
    expect(await upload([line(1, 'm'), back(1)])).toMatchObject({
      stored: 0,
      takenBack: 0,
      conflicts: [1, 2],
    });
    await upload([line(2, 'm')]);
    expect(await held()).toEqual({ 1: 'female by panel', 2: 'male by panel', 3: 'female by panel' });
    const counted = await countLabels(clickhouse, 'gender', undefined, 10);
    expect(counted.map(({ value, visitors }) => [value, visitors])).toEqual([
      ['female', 2],
      ['male', 1],
    ]);
  });

  it('sent again changes nothing', async () => {
    await seen([1]);
    await upload([line(1, 'f'), line(1, 'F')]);
    const before = await held();
    expect(await upload([line(1, 'f'), line(1, 'F')])).toMatchObject({ stored: 2 });
    expect(await held()).toEqual(before);
  });

  it('stores for nobody who allows no profile, and shows nothing of who withdrew since', async () => {
    await seen([1, 2, 3]);
    await seen([4], 1, PURPOSES_WITHOUT_TCF & ~PURPOSE.profile);
    await refuse(1);
    const lines = [1, 2, 3, 4].map((n) => line(n, 'f'));
    expect(await upload(lines)).toMatchObject({ stored: 2, refused: { withdrawn: 2, unknown_id: 0 } });
    await refuse(2);
    expect(await held()).toEqual({ 3: 'female by panel' });
    await seen([2], -0.001);
    expect(await held()).toEqual({ 2: 'female by panel', 3: 'female by panel' });
  });

  it('is kept from when a visitor was last seen, however often it is told again', async () => {
    await seen([1], 80);
    await seen([2], 95);
    expect(await upload([line(1, 'f'), line(2, 'f')])).toMatchObject({
      stored: 1,
      refused: { unknown_id: 1 },
    });
    const [row] = await clickhouse.query<{ days: string; today: string }>(
      "SELECT dateDiff('day', last, now()) AS days, dateDiff('day', time, now()) AS today FROM kept_labels",
    );
    expect([Number(row!.days), Number(row!.today)]).toEqual([80, 0]);
    await clickhouse.command('SYSTEM STOP TTL MERGES labels');
    await clickhouse.insert('labels', [
      {
        attribute: 'age',
        visitor: 1,
        source: 'panel',
        value: '25-29',
        time: ago(0),
        last: ago(91),
        upload: 'x',
      },
    ]);
    expect(await held('age')).toEqual({});
  });

  it('is hidden from the moment that its visitor is to be erased, and deleted with the rest', async () => {
    await seen([1, 2]);
    await upload([line(1, 'f'), line(2, 'f')]);
    await clickhouse.insert('erasures', [
      { erasure: 'e', visitor: 1, time: ago(0), stored: ago(0), origin: 'operator', suppressed: false },
    ]);
    expect(await held()).toEqual({ 2: 'female by panel' });
    expect(await upload([line(1, 'm')])).toMatchObject({ stored: 0, refused: { unknown_id: 1 } });
    await eraseVisitors(clickhouse, new Leases(clickhouse, 'test'), 90, true);
    expect(await rowsOf('labels')).toBe(1);
  });

  it('that breaks off while it is stored says so, and the same again brings the rest', async () => {
    await seen([1]);
    const failing = new (class extends ClickHouse {
      override async command(sql: string, ...rest: unknown[]) {
        if (sql.includes('INSERT INTO labels')) throw new ClickHouseError('refused', 'insert', 1, '');
        return super.command(sql, ...(rest as []));
      }
    })(database);
    const failure = await upload([line(1, 'f')], 'panel', failing).catch((error: unknown) => error);
    await failing.close();
    expect(failure).toBeInstanceOf(UploadError);
    expect(failure).toMatchObject({ reason: 'partly_stored', receipt: { state: 'failed', stored: 0 } });
    expect(await rowsOf('label_lines')).toBe(0);
    expect(await upload([line(1, 'f')])).toMatchObject({ state: 'done', stored: 1 });
  });

  it('is counted by attribute, value and source, page by page', async () => {
    await seen([1, 2, 3]);
    await upload([line(1, 'f'), line(2, 'f'), line(3, 'm'), line(1, 'estate', 'car')]);
    await upload([line(2, 'f')], 'rival');
    const all = await countLabels(clickhouse, undefined, undefined, 10);
    expect(all).toEqual([
      { attribute: 'car', value: 'estate', source: 'panel', visitors: 1, iabAudienceId: null },
      { attribute: 'gender', value: 'female', source: 'panel', visitors: 1, iabAudienceId: '49' },
      { attribute: 'gender', value: 'female', source: 'rival', visitors: 1, iabAudienceId: '49' },
      { attribute: 'gender', value: 'male', source: 'panel', visitors: 1, iabAudienceId: '50' },
    ]);
    expect(await countLabels(clickhouse, undefined, all[1], 1)).toEqual([all[2]]);
    expect(await countLabels(clickhouse, 'gender', undefined, 10)).toEqual(all.slice(1));
  });
});
