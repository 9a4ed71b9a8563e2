import type { ClickHouse } from '../../clickhouse/client.ts';
import { compile } from '../rule/compile.ts';
import type { Seed } from '../rule/needs.ts';
import { REACHES } from './lift.ts';

/**
 * How many visitors each reach has, by the very condition of the rule `like`, in one pass.
 *
 * @param apart a seed whose members, as they are at `asOf`, are left out: they are counted for themselves.
 * @returns a size for each of {@link REACHES}.
 * @throws ClickHouseError
 */
export async function sizesByReach(
  clickhouse: ClickHouse,
  seed: string,
  apart?: { readonly seed: Seed; readonly asOf: Date },
): Promise<number[]> {
  const members = apart && compile(apart.seed.rule, apart.asOf, apart.seed.merge);
  const rows = await clickhouse.query<{ passed: number; n: string }>(
    `WITH (SELECT uniqExact(visitor) FROM kept_hits) AS universe
     SELECT arrayCount(reach -> place > toUInt64(round(reach * universe)), {reaches:Array(Float64)}) AS passed,
            count() AS n
     FROM kept_lookalikes
     WHERE seed = {seedId:String} AND place >= 1
       AND visitor GLOBAL NOT IN (SELECT visitor FROM withdrawn_visitors)
       ${members ? `AND visitor GLOBAL NOT IN (SELECT visitor FROM (${members.sql}))` : ''}
     GROUP BY passed`,
    { ...members?.params, seedId: seed, reaches: REACHES },
  );
  return REACHES.map((_, index) =>
    rows.filter(({ passed }) => passed <= index).reduce((sum, { n }) => sum + Number(n), 0),
  );
}
