import type { ClickHouseSettings } from '@clickhouse/client';
import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Read } from '../../clickhouse/spent.ts';
import { Binding } from '../rule/binding.ts';
import type { Clauses } from './clauses.ts';
import { ATTENTION } from './codes.ts';
import { valuesOf } from './sequences.ts';
import { type CodedColumn, isOfDwell, sinceOf, TEXTS, type TextColumn } from './shapes.ts';
import { EVERYBODY, OF_SLICE, type Slice, sliceParams } from './slice.ts';

/** What is asked for, in numbers from 1; 0 is everything else. */
export interface Numbers {
  readonly values: ReadonlyMap<CodedColumn, ReadonlyMap<string, number>>;
  /** Columns whose texts are numbered by their place among those in `build_questions`. */
  readonly texts: ReadonlySet<TextColumn>;
}

/** Plans that are asked together. */
export interface Round {
  readonly build: number;
  readonly plans: readonly Clauses[];
  /** Of all that the plans ask for: in these `asked_hits` is written. */
  readonly numbers: Numbers;
}

export const roundOf = (build: number, plans: readonly Clauses[]): Round => ({
  build,
  plans,
  numbers: numbersOf(plans),
});

function numbersOf(plans: readonly Clauses[]): Numbers {
  const shapes = plans.flatMap((plan) => plan.shapes);
  const values = new Map<CodedColumn, Map<string, number>>([['event', new Map([[ATTENTION, 1]])]]);
  const add = (column: CodedColumn, value: string) => {
    const numbers = values.get(column) ?? new Map<string, number>();
    values.set(column, numbers);
    numbers.set(value, numbers.get(value) ?? numbers.size + 1);
  };
  for (const { codes } of shapes)
    for (const [column, asked] of codes) for (const value of asked.keys()) add(column, value);
  for (const sequence of plans.flatMap((plan) => plan.sequences))
    for (const [column, value] of valuesOf(sequence)) add(column, value);
  return { values, texts: new Set(shapes.flatMap(({ texts }) => texts)) };
}

/** Values of the parameters that every statement of a round has. */
export const roundParams = ({ build, plans }: Round) => ({ build, pieces: plans.map(({ piece }) => piece) });

/** SQL of the number of a text: a join by texts takes twice as long as one by numbers. */
export function textNumberSql(column: TextColumn, source: string): string {
  const texts = `(SELECT arraySort(groupUniqArray(${column})) FROM build_questions WHERE build = {build:UInt64} AND piece IN {pieces:Array(UInt32)} AND shape < ${TEXTS})`;
  return plain(`transform(${source}, ${texts}, arrayEnumerate(${texts}), toUInt32(0))`, 'UInt32');
}

/** What is done with the hits of a slice. */
export interface Copied {
  /** Sees `asked_hits`, and `repeated` where there are `repeats`. */
  readonly session: ClickHouse;
  /** Whether there is anybody of whom a hit was sent twice. Of all others a hit is a row, which is counted in a fifth of the time. */
  readonly repeats: boolean;
}

/**
 * Puts the hits of a slice into memory as `asked_hits`, with numbers in the place of what is asked for. To read a column
 * out of three months of days and to look its values up takes as long as what is then done with it, and a dozen shapes of
 * questions look at the same columns.
 *
 * @param settings of its statements; the server's where not given.
 * @returns what was read.
 * @throws ClickHouseError, what `work` throws.
 */
export async function withAskedHits(
  clickhouse: ClickHouse,
  round: Round,
  slice: Slice,
  work: (copied: Copied) => Promise<void>,
  settings: ClickHouseSettings = {},
): Promise<Read> {
  if (!round.plans.some(asksHits)) {
    await work({ session: clickhouse, repeats: false });
    return { rowsRead: 0, bytesRead: 0 };
  }
  return clickhouse.inSession(async (session) => {
    try {
      const { sql, params } = askedHits(round, slice);
      const cost = await session.command(
        `CREATE TEMPORARY TABLE asked_hits ENGINE = Memory AS ${sql}`,
        params,
        settings,
      );
      await work({ session, repeats: await writeRepeated(session, settings) });
      return cost;
    } finally {
      // They would end with the session too, which ends when it was not used for a minute.
      for (const table of ['asked_hits', 'repeated'])
        await session.command(`DROP TEMPORARY TABLE IF EXISTS ${table}`).catch(() => undefined);
    }
  });
}

const asksHits = ({ shapes, sequences, asksUniverse }: Clauses): boolean =>
  shapes.length + sequences.length > 0 || asksUniverse;

/**
 * Ids of hits are grouped in a quarter of the time in which they are counted by `uniqExact`.
 *
 * @returns whether there is anybody.
 */
async function writeRepeated(session: ClickHouse, settings: ClickHouseSettings): Promise<boolean> {
  await session.command(
    `CREATE TEMPORARY TABLE repeated ENGINE = Memory AS SELECT DISTINCT visitor FROM asked_hits
     WHERE hit IN (SELECT hit FROM asked_hits GROUP BY hit HAVING count() > 1)`,
    {},
    settings,
  );
  const [row] = await session.query<{ n: string }>('SELECT count() AS n FROM repeated');
  return row?.n !== '0';
}

/** A SELECT: a column is called as it is in `kept_hits`. */
export function askedHits(round: Round, slice: Slice) {
  const { plans, numbers: asked } = round;
  const binding = new Binding();
  const asksDwell = plans.some(({ shapes }) => shapes.some(({ counting }) => isOfDwell(counting)));
  const columns = [
    ...(asksDwell ? ['dwell_ms'] : []),
    ...[...asked.values].map(([column, numbers]) => {
      const number = (source: string) => valueNumberSql(column, numbers, source, binding);
      return column === 'category' ? eachAsked('categories', number) : `${number(column)} AS ${column}`;
    }),
    ...[...asked.texts].map((text) => {
      const number = (source: string) => textNumberSql(text, source);
      return text === 'value' ? eachAsked('keywords', number) : `${number(text)} AS ${text}`;
    }),
  ];
  const since = longestBack(plans);
  const conditions = [
    ...(slice === EVERYBODY ? [] : [OF_SLICE]),
    ...(since === undefined
      ? []
      : [`time >= fromUnixTimestamp64Milli(${binding.one('Int64', since)}, 'UTC')`]),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return {
    sql: `SELECT visitor, time, hit, ${columns.join(', ')} FROM kept_hits${where}`,
    params: { ...binding.params, ...sliceParams(slice), ...roundParams(round) },
  };
}

const eachAsked = (array: string, number: (source: string) => string) =>
  `arrayFilter(one -> one != 0, arrayMap(one -> ${number('one')}, ${array})) AS ${array}`;

/** As a column has few values, one is looked up once for each block of rows rather than for each row. */
function valueNumberSql(
  column: CodedColumn,
  numbers: ReadonlyMap<string, number>,
  source: string,
  binding: Binding,
): string {
  const type = numbers.size < 2 ** 16 - 1 ? 'UInt16' : 'UInt32';
  const isClock = column === 'hour' || column === 'weekday';
  const arrays = isClock
    ? binding.many('UInt8', [...numbers.keys()].map(Number))
    : binding.many('String', [...numbers.keys()]);
  const known = arrays.length === 1 ? arrays[0] : `arrayConcat(${arrays.join(', ')})`;
  return plain(
    `transform(${source}, ${known}, range(to${type}(1), to${type}(${numbers.size + 1})), to${type}(0))`,
    type,
  );
}

/** A number of a text of few values would be written down as one of few values itself. */
const plain = (number: string, type: string) => `CAST(${number} AS ${type})`;

/** From when on all plans together are about hits, milliseconds since 1970; undefined = from the beginning. */
function longestBack(plans: readonly Clauses[]): number | undefined {
  if (plans.some(({ asksUniverse }) => asksUniverse)) return undefined;
  const all = plans.flatMap(({ shapes, sequences, asOf }) => [
    ...shapes.map((shape) => sinceOf(shape, asOf)),
    ...sequences.map(({ leaf }) => (leaf.withinMs === undefined ? undefined : asOf - leaf.withinMs)),
  ]);
  return all.some((since) => since === undefined) ? undefined : Math.min(...(all as number[]));
}
