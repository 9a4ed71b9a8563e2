import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { UploadError } from '../../upload/upload.ts';
import { Receipts } from './receipt.ts';
import { TraitUpload, type Upload } from './upload.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const receipts = new Receipts(clickhouse);
beforeAll(() => migrate(clickhouse, 90).then(() => undefined));
afterAll(() => clickhouse.close());

/** Slower than whoever sends. */
class SlowClickHouse extends ClickHouse {
  done = 0;

  override async insertBytes(table: string, bytes: Readable, token: string): Promise<void> {
    const rows = await text(bytes);
    await sleep(50);
    await super.insertBytes(table, Readable.from([rows], { objectMode: false }), token);
    this.done += rows.split('\n').length - 2;
  }
}

const line = (n: number) => `${JSON.stringify({ id: `acme:u${n}`, trait: 'data-co:cars' })}\n`;
const upload = (id: string, body: AsyncIterable<string>): Upload => ({
  id,
  text: body,
  faultOf: () => 'cut_off',
  flush: async () => undefined,
  isPartner: () => true,
  segmentsNaming: () => [],
});
const rowsOf = async (table: string) =>
  Number((await clickhouse.query<{ n: string }>(`SELECT count() AS n FROM ${table}`))[0]!.n);

describe('an upload', () => {
  it('takes no more of its body while a batch is under way than one batch more', async () => {
    const slow = new SlowClickHouse(database);
    let taken = 0;
    let most = 0;
    const body = async function* () {
      for (; taken < 200_000; taken += 1_000) {
        most = Math.max(most, taken - slow.done);
        yield Array.from({ length: 1_000 }, (_, i) => line(taken + i)).join('');
      }
    };
    const { receipt } = await new TraitUpload(slow, receipts, upload('slow', body())).run();
    expect(most).toBeLessThanOrEqual(50_000);
    expect(receipt).toMatchObject({
      received: 200_000,
      stored: 0,
      unknownIds: 200_000,
      refused: { unknown_id: 200_000 },
    });
    expect(await rowsOf('trait_lines')).toBe(0);
    await slow.close();
  });

  it('counts a batch once whose answer was lost', async () => {
    const lossy = new (class extends ClickHouse {
      lost = 0;
      override async insertBytes(table: string, bytes: Readable, token: string): Promise<void> {
        await super.insertBytes(table, bytes, token);
        this.lost += 1;
        if (this.lost === 1) throw new ClickHouseError('unavailable', 'insert', undefined, '');
      }
    })(database);
    const body = async function* () {
      for (let n = 0; n < 10; n++) yield line(n);
    };
    const { receipt } = await new TraitUpload(lossy, receipts, upload('lossy', body())).run();
    expect(lossy.lost).toBe(2);
    expect(receipt).toMatchObject({ state: 'done', received: 10, unknownIds: 10 });
    await lossy.close();
  });

  it('whose body breaks off stores nothing, and its receipt says so', async () => {
    const body = async function* () {
      yield line(1) + line(2);
      throw new Error('gone');
    };
    const failure = await new TraitUpload(clickhouse, receipts, upload('cut', body()))
      .run()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UploadError);
    expect(failure).toMatchObject({ reason: 'cut_off' });
    expect(await receipts.read('cut')).toMatchObject({
      state: 'failed',
      reason: 'cut_off',
      received: 2,
      stored: 0,
    });
    expect(await rowsOf('traits')).toBe(0);
    expect(await rowsOf('trait_lines')).toBe(0);
  });

  it('numbers lines as an editor does, blank ones too, and keeps the first hundred that are malformed', async () => {
    const body = async function* () {
      yield `\uFEFF${line(1)}\r\n${'x'.repeat(70_000)}\n`;
      yield '{"id"\n'.repeat(150);
      yield line(2).trimEnd();
    };
    const { receipt, malformed } = await new TraitUpload(
      clickhouse,
      receipts,
      upload('marked', body()),
    ).run();
    expect(receipt).toMatchObject({ received: 153, unknownIds: 2, malformed: { count: 151 } });
    expect(receipt.malformed.lines).toHaveLength(100);
    expect(receipt.malformed.lines.slice(0, 2)).toEqual([
      { line: 3, reason: 'line_too_long' },
      { line: 4, reason: 'bad_json' },
    ]);
    expect([...malformed]).toEqual([
      ['line_too_long', 1],
      ['bad_json', 150],
    ]);
  });
});

describe('a receipt', () => {
  it('of an upload that nobody is at any more says that it was interrupted', async () => {
    const receipt = { ...(await receipts.read('cut'))!, id: 'orphan', state: 'receiving' as const };
    await receipts.write(receipt, Date.now());
    expect(await receipts.read('orphan')).toMatchObject({ state: 'receiving' });
    await receipts.write({ ...receipt, id: 'older' }, Date.now() - 120_000);
    expect(await receipts.read('older')).toMatchObject({ state: 'failed', reason: 'interrupted' });
  });
});
