import type { ClickHouseSettings } from '@clickhouse/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse, type Cost, type Params } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { visitorId } from '../../identity/visitor.ts';
import { Leases } from '../../jobs/lease.ts';
import { UploadError } from '../../upload/upload.ts';
import { Receipts } from './receipt.ts';
import { MatchUpload } from './upload.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const receipts = new Receipts(clickhouse);
const VISITORS = 20;
/** Who has withdrawn. */
const NO = 19;

beforeAll(async () => {
  await migrate(clickhouse, 90);
  const time = new Date().toISOString();
  await clickhouse.insert(
    'consents',
    Array.from({ length: VISITORS }, (_, n) => ({ visitor: n + 1, time, withdrawn: n + 1 === NO ? 1 : 0 })),
  );
  // Two visitors of one device, of whom one has withdrawn.
  const uid = 'aebe52e7-03ee-455a-b3c4-e57283966239';
  await clickhouse.insert(
    'links',
    [NO, 1].map((visitor) => ({ source: 'idfa', visitor, uid, own: 77, first: time, last: time })),
  );
});
afterAll(() => clickhouse.close());

const line = (n: number, uid: string) =>
  `${JSON.stringify({ id: visitorId(BigInt(n)), partner: 'acme', uid })}\n`;

function run(id: string, lines: readonly string[], through = clickhouse) {
  const text = async function* () {
    yield* lines;
  };
  return new MatchUpload(through, new Leases(through, id), new Receipts(through), {
    id,
    text: text(),
    form: { form: 'ndjson' },
    partner: undefined,
    uidMacroOf: (partner) => (partner === 'acme' ? '$UID' : undefined),
    faultOf: () => 'cut_off',
    flush: async () => undefined,
  }).run();
}

/** What visitors are matched with, by their number. */
async function matched(): Promise<Record<string, string>> {
  const rows = await clickhouse.query<{ visitor: string; uid: string }>(
    "SELECT visitor, uid FROM kept_matches WHERE source = 'acme'",
  );
  return Object.fromEntries(rows.map(({ visitor, uid }) => [visitor, uid]));
}

/** Links that are no upload's, where those of an upload are made. */
const leave = (uid: string) =>
  clickhouse.command(
    `INSERT INTO uploaded_links (source, visitor, uid, first, last)
     SELECT 'acme', 5, {uid:String}, now64(3) - 60, now64(3) - 60`,
    { uid },
  );

/** Does something of its own when a statement begins so. */
class Meddled extends ClickHouse {
  readonly #start: string;
  readonly #meddle: () => Promise<void>;

  constructor(start: string, meddle: () => Promise<void>) {
    super(database);
    this.#start = start;
    this.#meddle = meddle;
  }

  override async command(sql: string, params?: Params, settings?: ClickHouseSettings): Promise<Cost> {
    if (sql.trimStart().startsWith(this.#start)) await this.#meddle();
    return super.command(sql, params, settings);
  }
}

describe('an upload of matches', () => {
  it('is made in a table that is as the links’ own is', async () => {
    const shape = async (table: string) => [
      await clickhouse.query(
        'SELECT name, type, default_expression FROM system.columns WHERE database = currentDatabase() AND table = {table:String} ORDER BY position',
        { table },
      ),
      await clickhouse.query(
        'SELECT engine, partition_key, sorting_key, primary_key FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
        { table },
      ),
    ];
    expect(await shape('uploaded_links')).toEqual(await shape('links'));
  });

  it('shows nothing where a statement fails before', async () => {
    const before = await matched();
    const broken = new Meddled('INSERT INTO uploaded_links', async () => {
      throw new ClickHouseError('refused', 'test', 1, '');
    });
    const failure = await run('broken', [line(1, 'never')], broken).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UploadError);
    const receipt = { state: 'failed', reason: 'storage', stored: 0 };
    expect(failure).toMatchObject({ reason: 'storage', receipt });
    expect(await receipts.read('broken')).toMatchObject(receipt);
    expect(await matched()).toEqual(before);
    await broken.close();
  });

  // What is done on each host, in its order: emptying the table of links, and showing them.
  it.each<[number, string]>([
    [0, 'storage'],
    [1, 'partly_stored'],
  ])('tells whether some may be seen where a host goes away (%i: %s)', async (step, reason) => {
    const before = await matched();
    const broken = new ClickHouse(database);
    const whole = broken.onEachHost.bind(broken);
    let steps = 0;
    broken.onEachHost = (work) => (steps++ === step ? Promise.reject(new Error('away')) : whole(work));
    const failure = await run(`away-${step}`, [line(1, 'never')], broken).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason, receipt: { state: 'failed', reason, stored: 0 } });
    expect(await matched()).toEqual(before);
    await broken.close();
  });

  it('shows none of what others have written among its links, and nothing of itself then', async () => {
    const before = await matched();
    let inserts = 0;
    const meddled = new Meddled('INSERT INTO uploaded_links', async () => {
      inserts += 1;
      await leave('strange');
    });
    const failure = await run('displaced', [line(1, 'never')], meddled).catch((error: unknown) => error);
    expect(failure).toMatchObject({ reason: 'storage', cause: { name: 'UploadDisplacedError' } });
    expect(inserts).toBe(1);
    expect(await matched()).toEqual(before);
    await meddled.close();
  });

  it('begins with an empty table, whatever one before has left', async () => {
    await leave('left');
    const { receipt } = await run('after', [
      line(1, 'u1'),
      line(2, 'u2'),
      line(NO, 'no'),
      line(999, 'nobody'),
    ]);
    expect(receipt).toMatchObject({
      stored: 2,
      refused: { unknown_id: 1, withdrawn: 1 },
      unknownIds: 1,
    });
    expect(await matched()).toEqual({ 1: 'u1', 2: 'u2' });
  });

  it('counts a line once, however many visitors are behind its id', async () => {
    const device = { id: 'idfa:aebe52e7-03ee-455a-b3c4-e57283966239', partner: 'acme' };
    const { receipt } = await run('device', [
      `${JSON.stringify({ ...device, uid: 'd' })}\n`,
      `${JSON.stringify({ id: 'acme:nobody', partner: 'acme', uid: '' })}\n`,
      `${JSON.stringify({ id: 'acme:nobody', partner: 'acme', uid: 'x' })}\n`,
    ]);
    expect(receipt).toMatchObject({
      received: 3,
      stored: 1,
      deleted: 0,
      unknownIds: 1,
      refused: { unknown_id: 2, withdrawn: 0 },
    });
    // Nor does it link the visitor that the device alone would be, whom nobody has seen.
    expect(await matched()).toEqual({ 1: 'd', 2: 'u2' });
  });

  it('has a later line count over an earlier one, and forgets its own lines', async () => {
    const { receipt } = await run('later', [line(3, 'first'), line(3, 'last'), line(2, 'gone'), line(2, '')]);
    expect(receipt).toMatchObject({ stored: 4, deleted: 1 });
    expect(await matched()).toEqual({ 1: 'd', 3: 'last' });
    for (const table of ['match_lines', 'uploaded_links'])
      expect(await clickhouse.query(`SELECT count() AS n FROM ${table}`)).toEqual([{ n: '0' }]);
    expect(await receipts.read('later')).toEqual(receipt);
  });

  it('links the visitor of a device’s app, which was seen', async () => {
    const time = new Date().toISOString();
    const [app, browser] = [40, 41];
    await clickhouse.insert(
      'consents',
      [app, browser].map((visitor) => ({ visitor, time, withdrawn: 0 })),
    );
    const uid = 'bebe52e7-03ee-455a-b3c4-e57283966239';
    const link = { source: 'idfa', uid, own: app, first: time, last: time };
    await clickhouse.insert(
      'links',
      [app, browser].map((visitor) => ({ ...link, visitor })),
    );
    await run('app', [`${JSON.stringify({ id: `idfa:${uid}`, partner: 'acme', uid: 'a-app' })}\n`]);
    expect(await matched()).toMatchObject({ [app]: 'a-app', [browser]: 'a-app' });
  });

  it('is no sight of anybody: a match is kept from when the visitor was last seen', async () => {
    const seen = new Date(Date.now() - 80 * 86_400_000).toISOString();
    const gone = new Date(Date.now() - 91 * 86_400_000).toISOString();
    await clickhouse.insert('consents', [
      { visitor: 30, time: seen, withdrawn: 0 },
      { visitor: 31, time: gone, withdrawn: 0 },
    ]);
    const times = async () =>
      clickhouse.query(
        `SELECT uid, toUnixTimestamp64Milli(first) AS first, toUnixTimestamp64Milli(last) AS last
         FROM seen_links WHERE source = 'acme' AND visitor IN (30, 31) ORDER BY told`,
      );
    const at = { first: String(Date.parse(seen)), last: String(Date.parse(seen)) };
    const neighbour = (id: string, uid: string) =>
      `${JSON.stringify({ id: `acme:${id}`, partner: 'acme', uid })}\n`;
    const { receipt } = await run('unseen', [line(30, 'o-1'), line(31, 'o-1')]);
    expect(receipt).toMatchObject({ stored: 1, refused: { unknown_id: 1 } });
    expect(await times()).toEqual([{ uid: 'o-1', ...at }]);
    // Nor does it live longer from upload to upload, by whatever id; and still the last told counts.
    await run('again', [neighbour('o-1', 'o-2')]);
    await run('and-again', [neighbour('o-2', 'o-2')]);
    expect(await times()).toEqual(['o-1', 'o-2'].map((uid) => ({ uid, ...at })));
    expect(await matched()).toMatchObject({ 30: 'o-2' });
    await run('back', [line(30, 'o-1')]);
    expect(await matched()).toMatchObject({ 30: 'o-1' });
    await run('taken', [line(30, '')]);
    expect(await matched()).not.toHaveProperty('30');
  });

  it('links nobody who says no after it was looked up', async () => {
    const [visitor, uid] = [50, 'cebe52e7-03ee-455a-b3c4-e57283966239'];
    const time = new Date(Date.now() - 1_000).toISOString();
    await clickhouse.insert('consents', [{ visitor, time, withdrawn: 0 }]);
    await clickhouse.insert('links', [{ source: 'idfa', visitor, uid, own: 78, first: time, last: time }]);
    const late = new Meddled('INSERT INTO uploaded_links', () =>
      clickhouse.insert('consents', [{ visitor, time: new Date().toISOString(), withdrawn: 1 }]),
    );
    await run(
      'no',
      [`${JSON.stringify({ id: `idfa:${uid}`, partner: 'acme', uid: 'late' })}\n`, line(3, 'last')],
      late,
    );
    expect(await matched()).not.toHaveProperty(String(visitor));
    await late.close();
  });
});
