import type { ClickHouse } from '../clickhouse/client.ts';
import { type Judgement, type Open, verdictBy } from './kinds.ts';

/** Fewer visitors who consented make no rate. */
const LEAST_VISITORS = 100;
/** Records, four a day. */
const LEAST_RECORDS = 12;
const HISTORY_DAYS = 30;
const CURRENT_HOURS = 12;
/** A fall by less than each of these is usual: multiples of the deviation and of counting noise, and a share. */
const SIGMAS = 5;
const SIGMA_BY_MAD = 1.4826;
const LEAST_SHARE = 0.2;
const CLEARING = 0.8;

/**
 * Looks at the newest recorded rate of each partner, of a day and of those who consented, against the records before.
 *
 * @param partners ids.
 * @throws ClickHouseError
 */
export async function judgeMatchRates(
  clickhouse: ClickHouse,
  partners: readonly string[],
  open: Open,
): Promise<Judgement> {
  const rows = await clickhouse.query<{ partner: string; rate: number; median: number; fall: number }>(SQL, {
    partners,
  });
  const findings = rows.flatMap(({ partner, rate, median, fall }) => {
    const low = Math.max(0, median - fall * (open.has(partner) ? CLEARING : 1));
    if (rate >= low) return [];
    return [
      {
        subject: partner,
        value: rate,
        usual: { low, median, high: 1 },
        detail: `${percent(rate)} of who consented have an id with the partner; usual are ${percent(median)}`,
      },
    ];
  });
  const judged = new Set(rows.map(({ partner }) => partner));
  return { kind: 'match_rate_fell', verdictOf: verdictBy(partners, judged), findings };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;

const SQL = `
  SELECT partner, rate, arrayReduce('quantileExactInclusive(0.5)', before) AS median,
         greatest(${SIGMAS} * ${SIGMA_BY_MAD} * arrayReduce('quantileExactInclusive(0.5)', arrayMap(one -> abs(one - median), before)),
                  ${LEAST_SHARE} * median, ${SIGMAS} * sqrt(median * (1 - median) / people)) AS fall
  FROM (
    SELECT partner, argMax(share, time) AS rate, argMax(consented, time) AS people, max(time) AS newest,
           arrayPopBack(arrayMap(pair -> pair.2, arraySort(pair -> pair.1, groupArray((time, share))))) AS before
    FROM (
      SELECT toString(partner) AS partner, time, consented, matched_consented / consented AS share
      FROM match_rates
      WHERE split = 'all' AND days = 1 AND consented >= ${LEAST_VISITORS} AND partner IN {partners:Array(String)}
        AND time > now64(3) - INTERVAL ${HISTORY_DAYS} DAY)
    GROUP BY partner)
  WHERE newest > now64(3) - INTERVAL ${CURRENT_HOURS} HOUR AND length(before) >= ${LEAST_RECORDS}`;
