import type { ClickHouse } from '../../clickhouse/client.ts';
import { rowParts, SAYS } from '../gate/rows.ts';
import { type AskedSegment, gateOf, isHeldBack, type PlanRequest, type Recipient } from './planning.ts';
import { type Change, LOSSES, type Loss, STAGES, type Stage } from './stages.ts';

/** How many members of one segment are lost for which reason, and how many are not. */
export interface Fates {
  readonly segment: string;
  readonly members: number;
  readonly lost: Readonly<Partial<Record<Loss, number>>>;
}

/** Names the first thing that keeps a member from leaving, in the order of the stages. */
const REASON = `multiIf(
  says IN (${SAYS.nothing}, ${SAYS.no}), 'not_consented', says = ${SAYS.withdrawn}, 'withdrawn',
  says = ${SAYS.notToVendor}, 'vendor_not_consented', says = ${SAYS.imported}, 'no_id',
  NOT is_known, if(visitor GLOBAL IN (
    SELECT visitor FROM set_aside_links WHERE source IN {partners:Array(String)} OR source IN {devices:Array(String)}
  ), 'id_set_aside', 'no_id'),
  NOT is_fresh, 'id_not_fresh',
  transform(segment, {refusedSegments:Array(String)}, {refusals:Array(String)}, '') != '',
    transform(segment, {refusedSegments:Array(String)}, {refusals:Array(String)}, '')`;

/**
 * What becomes of every member of a recipient's segments, in one statement by the rule that the rows leave by.
 *
 * @returns one for each segment that was built, in the order of ids.
 * @throws ClickHouseError
 */
export async function readFates(clickhouse: ClickHouse, recipient: Recipient): Promise<Fates[]> {
  const segments = recipient.segments.filter(({ build }) => build > 0);
  if (segments.length === 0 || recipient.sources.length === 0) return [];
  const { params, members, consents, ids, isFresh, inPlace } = rowParts(gateOf(recipient, segments));
  const known =
    ids === ''
      ? 'SELECT toUInt64(0) AS visitor, 0 AS is_known, 0 AS is_fresh WHERE false'
      : `SELECT visitor, 1 AS is_known, max(${isFresh}) AS is_fresh FROM (${ids}) GROUP BY visitor`;
  const own = ids === '' ? '1' : '';
  const rows = await clickhouse.query<{ segment: string; reason: Loss | ''; n: string }>(
    `SELECT segment, ${REASON}, NOT ${inPlace}, 'region_forbids', '') AS reason, count() AS n
     FROM (
       SELECT member.segment AS segment, member.visitor AS visitor, consent.says AS says,
              ${own || 'id.is_known'} AS is_known, ${own || 'id.is_fresh'} AS is_fresh
       FROM (${members}) AS member
       GLOBAL LEFT JOIN (${consents}) AS consent ON consent.visitor = member.visitor
       GLOBAL LEFT JOIN (${known}) AS id ON id.visitor = member.visitor)
     GROUP BY segment, reason ORDER BY segment, reason`,
    {
      ...params,
      refusedSegments: segments.map(({ id }) => id),
      refusals: segments.map(({ refused }) => refused ?? ''),
    },
  );
  const fates = new Map<string, { members: number; lost: Partial<Record<Loss, number>> }>();
  for (const { segment, reason, n } of rows) {
    const fate = fates.get(segment) ?? { members: 0, lost: {} };
    fate.members += Number(n);
    if (reason !== '') fate.lost[reason] = Number(n);
    fates.set(segment, fate);
  }
  return segments
    .map(({ id }) => ({ segment: id, ...(fates.get(id) ?? { members: 0, lost: {} }) }))
    .sort((a, b) => (a.segment < b.segment ? -1 : 1));
}

/** A number of the waterfall: how many came to a stage, or with a reason how many were lost before it. */
export interface Count {
  readonly segment: string;
  readonly stage: Stage | Change;
  readonly reason: string;
  readonly n: number;
}

/**
 * @param fate undefined = nobody was looked at.
 * @param sent ids that the destination was told are in.
 * @returns the counts of a segment up to there: every stage, and every loss that there is.
 */
export function countsOf(
  fate: Fates | undefined,
  asked: Pick<AskedSegment, 'id' | 'size' | 'ruleChanged'>,
  sent: number,
  minAudience: number,
): Count[] {
  const { id: segment, ruleChanged = false } = asked;
  const own: Count = { segment, stage: 'sent', reason: '', n: sent };
  if (fate === undefined) return [own];
  const { members, lost } = fate;
  const counts: Count[] = [];
  let left = members;
  for (const stage of STAGES) {
    if (stage === 'sent') break;
    for (const [reason, at] of Object.entries(LOSSES)) {
      const n = at === stage ? (lost[reason as Loss] ?? 0) : 0;
      if (n > 0) counts.push({ segment, stage, reason, n });
      left -= n;
    }
    counts.push({ segment, stage, reason: '', n: left });
  }
  const held = isHeldBack(asked, minAudience) ? Math.max(0, left - sent) : 0;
  const reason: Loss = ruleChanged ? 'rule_changed' : 'below_floor';
  if (held > 0) counts.push({ segment, stage: 'sent', reason, n: held });
  return [...counts, own];
}

/** Writes counts down under a run; they count with it. @throws ClickHouseError */
export async function writeCounts(
  clickhouse: ClickHouse,
  { destination, run }: Pick<PlanRequest, 'destination' | 'run'>,
  counts: readonly Count[],
  now = new Date(),
): Promise<void> {
  if (counts.length === 0) return;
  const time = now.toISOString();
  await clickhouse.insert(
    'delivery_losses',
    counts.map((count) => ({ destination, run, day: time.slice(0, 10), time, ...count })),
  );
}
