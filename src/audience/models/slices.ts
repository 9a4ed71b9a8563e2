import type { ClickHouse } from '../../clickhouse/client.ts';

/** A range of visitors, first and last, in decimal. */
export interface Slice {
  readonly from: string;
  readonly to: string;
}

const VISITORS = 2n ** 64n;

/** Cuts all visitors there can be, who are spread evenly, into so many ranges. */
export const slicesOf = (count: number): Slice[] =>
  Array.from({ length: count }, (_, n) => ({
    from: String((VISITORS * BigInt(n)) / BigInt(count)),
    to: String((VISITORS * BigInt(n + 1)) / BigInt(count) - 1n),
  }));

/**
 * Visitors and hits of a slice at most, about: what is gathered of them is a gigabyte. The smaller a slice is, the more
 * is read of its neighbours, whose hits lie in the same granules.
 */
const SLICE = { visitors: 500_000, hits: 5_000_000 };

/**
 * Does something with every slice of the universe's visitors, one after another, on a cluster as many at once as there
 * are hosts, each on another: where the shards' answers meet is work too.
 *
 * @throws ClickHouseError
 */
export async function eachSlice(
  clickhouse: ClickHouse,
  work: (host: ClickHouse, slice: Slice) => Promise<void>,
): Promise<void> {
  const rest = await slicesOfUniverse(clickhouse);
  const hosts = clickhouse.hosts();
  try {
    const ends = await Promise.allSettled(
      hosts.map(async (host) => {
        for (let slice = rest.shift(); slice !== undefined; slice = rest.shift()) {
          await work(host, slice).catch((error: unknown) => {
            rest.length = 0;
            throw error;
          });
        }
      }),
    );
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  } finally {
    await Promise.all(hosts.map((host) => host.close()));
  }
}

async function slicesOfUniverse(clickhouse: ClickHouse): Promise<Slice[]> {
  const [row] = await clickhouse.query<{ visitors: string; hits: string }>(
    'SELECT uniq(visitor) AS visitors, count() AS hits FROM kept_hits',
  );
  const byVisitors = Number(row!.visitors) / SLICE.visitors;
  const byHits = Number(row!.hits) / SLICE.hits;
  return slicesOf(Math.max(1, Math.ceil(byVisitors), Math.ceil(byHits)));
}
