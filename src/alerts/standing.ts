import { currentBuilds } from '../audience/builds.ts';
import { publishedDemographics } from '../audience/models/demographics.ts';
import { DRIFTS } from '../audience/models/drift.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import type { Destination } from '../registry/kinds.ts';
import { deliveryHealth, TROUBLES } from '../report/deliveries.ts';
import { freshnessOf } from '../report/freshness.ts';
import { type Judgement, verdictBy } from './kinds.ts';

/** @param lateMs how old a build may be. @param now milliseconds since 1970. @throws ClickHouseError */
export async function judgeFreshness(
  clickhouse: ClickHouse,
  segments: readonly { readonly id: string; readonly version: number }[],
  lateMs: number,
  now: number,
): Promise<Judgement> {
  const builds = await currentBuilds(clickhouse);
  const findings = segments.flatMap(({ id, version }) => {
    const { state, reason = '', ageSeconds } = freshnessOf(builds.get(id), version, lateMs, now);
    if (state !== 'stale' && state !== 'failed') return [];
    const value = ageSeconds === null ? {} : { value: ageSeconds };
    return [{ subject: id, ...value, detail: `${state}: ${reason}` }];
  });
  return { kind: 'segment_stale', verdictOf: verdictBy(segments.map(({ id }) => id)), findings };
}

/** @throws ClickHouseError */
export async function judgeDeliveries(
  clickhouse: ClickHouse,
  destinations: readonly Destination[],
  now: number,
): Promise<Judgement> {
  const findings = (await deliveryHealth(clickhouse, destinations, now)).flatMap(
    ({ destination, state, reason, detail, waiting }) =>
      TROUBLES.has(state)
        ? [
            {
              subject: destination,
              value: waiting,
              detail: `${state}${reason === '' ? '' : `: ${reason}, ${detail}`}; ${waiting} lines wait`,
            },
          ]
        : [],
  );
  return { kind: 'delivery_failing', verdictOf: verdictBy(destinations.map(({ id }) => id)), findings };
}

/** @throws ClickHouseError */
export async function judgeModels(clickhouse: ClickHouse): Promise<Judgement> {
  const published = await publishedDemographics(clickhouse);
  const findings = [...published].flatMap(([attribute, { drift }]) =>
    drift.flags.length === 0
      ? []
      : [{ subject: attribute, detail: drift.flags.map((flag) => DRIFTS[flag]).join(' ') }],
  );
  return { kind: 'model_drift', verdictOf: verdictBy(published.keys()), findings };
}
