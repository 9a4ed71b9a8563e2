import type { ClickHouse } from '../../clickhouse/client.ts';

const DAY_MS = 86_400_000;

/** A visitor as a test says it. Hits are a day old where nothing is said. */
export interface Seen {
  readonly visitor: bigint;
  readonly hits: readonly Readonly<Record<string, unknown>>[];
}

/** @returns a visitor's number, spread over all 64 bits as theirs are. */
export const idOf = (n: number): bigint => BigInt.asUintN(64, BigInt(n + 1) * 0x9e3779b97f4a7c15n);

/** Stores hits, each with an id of its own and what allows everything, unless it says otherwise. */
export async function store(clickhouse: ClickHouse, seen: readonly Seen[]): Promise<void> {
  const time = new Date(Date.now() - DAY_MS).toISOString();
  let next = 1;
  const rows = seen.flatMap(({ visitor, hits }) =>
    hits.map((hit) => ({
      time,
      visitor: String(visitor),
      hit: String(next++),
      event: 'pageview',
      origin: 'web',
      site: 'shop',
      path: '/',
      purposes: 65_535,
      ...hit,
    })),
  );
  await clickhouse.insert('hits', rows);
}

/** Stores what visitors have declared of an attribute. */
export async function declare(
  clickhouse: ClickHouse,
  attribute: string,
  labels: ReadonlyMap<bigint, string>,
): Promise<void> {
  const time = new Date().toISOString();
  await clickhouse.insert(
    'labels',
    [...labels].map(([visitor, value]) => ({
      attribute,
      visitor: String(visitor),
      source: 'panel',
      value,
      time,
      last: time,
    })),
  );
}

/** The same numbers from 0 to 1 each time (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
