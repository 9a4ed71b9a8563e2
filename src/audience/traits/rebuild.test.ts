import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from '../../../test/client.ts';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { ClickHouseError } from '../../clickhouse/errors.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { Jobs } from '../../jobs/jobs.ts';
import { Leases } from '../../jobs/lease.ts';
import { Ledger } from '../../jobs/ledger.ts';
import { type Buildable, buildSegments } from '../build.ts';
import { currentBuilds } from '../builds.ts';
import { Rebuild } from './rebuild.ts';
import { newReceipt, type Receipt, Receipts } from './receipt.ts';

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const receipts = new Receipts(clickhouse);
const ledger = new Ledger(clickhouse, 'test');
const log = pino({ level: 'silent' });
beforeAll(() => migrate(clickhouse, 90).then(() => undefined));
afterAll(() => clickhouse.close());

/** Longer ago than clocks may differ. */
const AGO_MS = 20_000;

const segments: Buildable[] = [segment('cars', 'data-co:cars'), segment('boats', 'data-co:boats')];
let uploads = 0;
beforeEach(async () => {
  for (const table of ['trait_uploads', 'builds', 'job_runs'])
    await clickhouse.command(`TRUNCATE TABLE ${table}`);
});

function segment(id: string, trait: string): Buildable {
  return { id, version: 1, rule: { op: 'trait', trait } };
}

/** A process that runs the jobs. */
function machine(name: string, storage = clickhouse, read = async () => segments): Rebuild {
  const jobs = new Jobs(
    [{ name: 'segments', schedule: '0 0 29 2 *', work: () => Promise.reject(new Error('not asked for')) }],
    ledger,
    log,
  );
  const leases = new Leases(storage, name);
  return new Rebuild({
    clickhouse: storage,
    log,
    segments: read,
    build: (due) => jobs.run('segments', () => buildSegments(storage, leases, due)),
  });
}

async function ended(change: Partial<Receipt>, msAgo = AGO_MS): Promise<void> {
  const time = Date.now() - msAgo;
  await receipts.write({ ...newReceipt(`u${++uploads}`, time), state: 'done', stored: 1, ...change }, time);
}

/** Which segments each run built, oldest first. */
async function runs(): Promise<string[][]> {
  const lines = await ledger.list(100);
  return lines.reverse().map(({ result }) => Object.keys((result as { built: object }).built));
}

it('builds what asks for a trait that came, once for many uploads, and not again', async () => {
  const rebuild = machine('one');
  for (let n = 0; n < 5; n++) await ended({ traits: ['data-co:cars', `other:${n}`] });
  await rebuild.look();
  await rebuild.look();
  expect(await runs()).toEqual([['cars']]);
  await machine('after a restart').look();
  expect(await runs()).toEqual([['cars']]);
});

it.each<[string, Partial<Receipt>, string[][]]>([
  [
    'of which something may be stored',
    { state: 'failed', reason: 'partly_stored', stored: 0, traits: ['data-co:boats'] },
    [['boats']],
  ],
  ['that may have brought any trait', { traits: null }, [['cars', 'boats']]],
  ['of traits that nobody asks for', { traits: ['data-co:planes'] }, []],
  ['that stored nothing', { stored: 0, traits: ['data-co:cars'] }, []],
  ['that broke off', { state: 'failed', reason: 'cut_off', stored: 0, traits: ['data-co:cars'] }, []],
  ['that is under way', { state: 'storing', traits: ['data-co:cars'] }, []],
])('looks at an upload %s', async (_, receipt, expected) => {
  await ended(receipt);
  await machine('one').look();
  expect(await runs()).toEqual(expected);
});

it('waits a moment after the end of an upload, and takes it then', async () => {
  const rebuild = machine('one');
  await ended({ traits: ['data-co:cars'] }, 2_000);
  await rebuild.look();
  expect(await runs()).toEqual([]);
  await until('it is taken', async () => {
    await rebuild.look();
    return (await runs()).length > 0;
  });
  expect(await runs()).toEqual([['cars']]);
});

it('is done once where several machines run the jobs', async () => {
  await ended({ traits: ['data-co:cars'] });
  await Promise.all(['one', 'two', 'three'].map((name) => machine(name).look()));
  expect((await runs()).flat()).toEqual(['cars']);
});

/** Has no memory for statements that begin so, as often as said. */
class Refusing extends ClickHouse {
  readonly #start: string;
  #times: number;

  constructor(start: string, times: number) {
    super(database);
    this.#start = start;
    this.#times = times;
  }

  override async command(...given: Parameters<ClickHouse['command']>) {
    if (given[0].startsWith(this.#start) && this.#times-- > 0)
      throw new ClickHouseError('unavailable', 'insert', 241, '');
    return super.command(...given);
  }
}

it('leaves a segment whose build fails to the schedule, with the reason', async () => {
  const refusing = new Refusing('INSERT INTO members', 1);
  const rebuild = machine('one', refusing);
  await ended({ traits: ['data-co:cars'] });
  await rebuild.look();
  await rebuild.look();
  expect(await runs()).toEqual([[]]);
  expect((await currentBuilds(clickhouse)).get('cars')?.failure).toMatch(/^out_of_memory: /);
  await refusing.close();
});

it('tries again where the whole run failed, which the ledger shows', async () => {
  let asked = 0;
  const rebuild = machine('one', clickhouse, async () => {
    // When the lease is held already.
    if (++asked === 2) throw new Error('the registry is away');
    return segments;
  });
  await ended({ traits: ['data-co:cars'] });
  await rebuild.look();
  await rebuild.look();
  const lines = (await ledger.list(10)).reverse();
  expect(lines.map(({ state, error }) => [state, error])).toEqual([
    ['failed', 'the registry is away'],
    ['done', ''],
  ]);
});
