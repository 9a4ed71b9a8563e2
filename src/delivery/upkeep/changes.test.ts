import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { changes, type ToldSet } from './changes.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const SETS = 20_000;
/** As long as ids of segments and destinations are. */
const segment = (n: number) => `segment${String(n).padStart(9, '0')}`;
const names = ['destination00001/idfa', 'destination00001/acme'];

it.each<[sentence: string, ops: (n: number) => ToldSet['ops'], again: (n: number) => boolean, left: number]>([
  ['all told alike', () => ['add', 'remove'], () => false, 0],
  [
    'some below the floor, some again',
    (n) => (n % 3 === 0 ? ['remove'] : ['add', 'remove']),
    (n) => n % 5 === 0,
    0,
  ],
  ['without some under one of the kinds of ids', () => ['add', 'remove'], () => false, 1_000],
])('a delta is told of twenty thousand sets: %s', async (_, ops, again, left) => {
  const seqs = [1, 2];
  for (const seq of seqs)
    await clickhouse.command(
      `INSERT INTO exports (segment, source, uid, seq, op, observed, was)
       SELECT concat('segment', leftPad(toString(number), 9, '0')), arrayJoin({names:Array(String)}) AS name,
              concat('u', toString(number)), {seq:UInt64}, if({seq:UInt64} = 1, 'add', 'remove'), today(),
              if({seq:UInt64} = 1, 'out', 'in')
       FROM numbers({sets:UInt32})`,
      { names, seq, sets: SETS / names.length },
    );
  const sets = names.flatMap((name, kind) =>
    Array.from({ length: SETS / names.length - kind * left }, (_each, n): ToldSet => {
      return { segment: segment(n), name, since: 1, again: again(n), ops: ops(n) };
    }),
  );
  const { sql, params } = changes({ sets, seq: 2 });
  const stream = await clickhouse.stream(`SELECT segment, source, op FROM (${sql})`, params, 'TSV');
  const lines = (await stream.toArray()).join('').trimEnd().split('\n');
  expect(lines).toHaveLength(sets.length);
  expect(lines.slice(0, 2)).toEqual([...names].sort().map((name) => `${segment(0)}\t${name}\tremove`));
  expect(new Set(lines.map((line) => line.split('\t')[2]))).toEqual(new Set(['remove']));
});
