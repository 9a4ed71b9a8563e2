import type { ClickHouse } from '../clickhouse/client.ts';
import { pieces } from '../upload/pieces.ts';
import { dropStep } from './builds.ts';
import { FIRST_PARTY, LIMITS, SOURCES_OF_SEVERAL } from './limits.ts';
import { STREAMED } from './streamed.ts';

/**
 * Steps of a build, each a partition of `cluster_work`:
 *
 * - links: `node` = what joins (the visitor that a device or first-party id alone would be, or a partner's uid as a
 *   hash), `visitor` = who has it, `first` and `last` when.
 * - choices: `node` = `visitor`, `label` = what it may belong to: with `width` 0 the component that `label` is the
 *   lowest visitor of, else the star of the joint `label`, which `width` visitors have.
 * - groups: `node` = what it belongs to.
 * - edges, from here on: `node` and `visitor` are neighbours, each pair both ways round.
 */
const LINKS = 0;
const CHOICES = 1;
const GROUPS = 2;
const FIRST_EDGES = 3;

/**
 * Rounds of large-star and small-star after which something is wrong: their number grows as the square of the
 * logarithm of the visitors at most, and with the logarithm wherever it was tried.
 */
const MOST_ROUNDS = 64;

/** The components of the graph were not found in any reasonable number of rounds. */
export class ClusterError extends Error {
  readonly reason = 'not_converged';

  constructor() {
    super(
      `Device clusters were not found in ${MOST_ROUNDS} rounds; yesterday's stay. This is a fault of ours.`,
    );
    this.name = 'ClusterError';
  }
}

/**
 * Finds which visitors are one device's and writes them to `clusters` under a build's number. Deterministic: the
 * same links give the same clusters, however they lie.
 *
 * What joins visitors is a device id, a first-party id or a partner's uid that at least two of them have; households
 * do not, nor does what is set aside or was refused since. By a partner's uid only those are joined whose newest
 * consent still names that partner: we know it by that consent.
 *
 * 1. Over joints of at most twenty visitors: the connected components of at most twenty visitors are clusters.
 * 2. Whoever else has a joint goes to the star of its rarest one: visitors of a larger component, and those who have
 *    but joints of more than twenty. Of equally rare ones that with the lowest number, which is a hash: a lot that
 *    is the same for all who share the joint. (By the newest each of a chain chose the next, and none its fellow.)
 *    A star of more than twenty is cut in order of first seen into clusters of twenty, so that those stay who have
 *    been there. Who is alone in its star is in no cluster.
 *
 * Components are found by alternating large-star and small-star (Kiveris et al., Connected Components in MapReduce
 * and Beyond, SoCC 2014): every round is a grouping by node, whose rows lie in that order, and no join.
 *
 * @returns rounds that it took.
 * @throws ClickHouseError, ClusterError; nothing is visible of it then.
 */
export async function findClusters(clickhouse: ClickHouse, build: number): Promise<number> {
  const run = (sql: string, step: number, from = 0, piece: { least?: string; most?: string } = {}) =>
    clickhouse.command(
      sql,
      { build, step, from, several: SOURCES_OF_SEVERAL, ...piece },
      { ...STREAMED, optimize_distributed_group_by_sharding_key: 1 },
    );
  for (const sql of [OWN_IDS, FIRST_PARTY_VISITORS]) await run(sql, LINKS);
  const [consents] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM consents');
  for (const { from: least, to: most } of pieces(Number(consents!.n)))
    await run(PARTNER_IDS, LINKS, 0, { least, most });
  let step = FIRST_EDGES;
  await run(NARROW_JOINTS, step, LINKS);
  let rounds = 0;
  for (; !(await areStars(clickhouse, build, step)); rounds++) {
    if (rounds === MOST_ROUNDS) throw new ClusterError();
    for (const star of [LARGE_STAR, SMALL_STAR]) {
      await run(star, step + 1, step);
      await dropStep(clickhouse, build, step);
      step += 1;
    }
  }
  await run(STARS_OF_JOINTS, CHOICES, LINKS);
  await run(SMALL_COMPONENTS, CHOICES, step);
  await run(CHOOSE, GROUPS, CHOICES);
  await run(CUT, 0, GROUPS);
  return rounds;
}

const INTO_WORK = 'INSERT INTO cluster_work (build, step, node, visitor, first, last)';
const STEP = '{build:UInt64} AS build, {step:UInt16} AS step';
const FROM = 'cluster_work AS work WHERE work.build = {build:UInt64} AND work.step = {from:UInt16}';
const WITHDRAWN = 'GLOBAL IN (SELECT visitor FROM withdrawn_visitors)';

/** By device ids and first-party ids, unless the id itself has said no since. */
const OWN_IDS = `${INTO_WORK}
  SELECT ${STEP}, link.own AS node, link.visitor AS visitor, link.first AS first, link.last AS last
  FROM kept_links AS link
  LEFT JOIN withdrawn_visitors AS no ON no.visitor = link.own
  WHERE link.own != 0 AND no.time < link.last AND NOT link.visitor ${WITHDRAWN}`;

const IN_PIECE = 'visitor BETWEEN {least:UInt64} AND {most:UInt64}';

/**
 * Of a match only the latest moment is known for certain, since it may have been another before. By pieces of the
 * visitors, whose consents are a hash table.
 */
const PARTNER_IDS = `${INTO_WORK}
  SELECT ${STEP}, sipHash64(match.source, match.uid) AS node, match.visitor AS visitor,
         match.last AS first, match.last AS last
  FROM (
    SELECT source, visitor, uid, last FROM kept_matches
    WHERE source NOT IN {several:Array(String)} AND ${IN_PIECE}) AS match
  INNER JOIN (
    SELECT visitor, partners FROM kept_consents
    WHERE withdrawn = 0 AND notEmpty(partners) AND ${IN_PIECE}) AS newest
  ON newest.visitor = match.visitor
  WHERE has(newest.partners, match.source)`;

/**
 * The visitor that a first-party id alone is has no link to itself, and belongs there where it was seen: in a
 * browser that keeps no cookie of ours. (A device's own has one, from its app.)
 */
const FIRST_PARTY_VISITORS = `${INTO_WORK}
  SELECT ${STEP}, visitor AS node, visitor, time AS first, time AS last FROM kept_consents
  WHERE withdrawn = 0 AND visitor GLOBAL IN (SELECT own FROM kept_links WHERE source = '${FIRST_PARTY}')
    AND visitor GLOBAL NOT IN (SELECT visitor FROM erased_visitors)`;

/** A set of edges both ways round, out of pairs. */
const intoEdges = (from: string) => `INSERT INTO cluster_work (build, step, node, visitor)
  SELECT ${STEP}, way.1 AS node, way.2 AS visitor FROM (${from}) ARRAY JOIN [pair, (pair.2, pair.1)] AS way`;

const NARROW_JOINTS = intoEdges(`
  SELECT (other, lowest) AS pair FROM (
    SELECT groupUniqArray(visitor) AS visitors, min(visitor) AS lowest FROM ${FROM}
    GROUP BY node HAVING length(visitors) BETWEEN 2 AND ${LIMITS.visitorsACluster})
  ARRAY JOIN arrayFilter(visitor -> visitor != lowest, visitors) AS other`);

const LARGE_STAR = intoEdges(`
  SELECT (higher, lowest) AS pair FROM (
    SELECT node, groupUniqArray(visitor) AS neighbours, least(node, min(visitor)) AS lowest FROM ${FROM} GROUP BY node)
  ARRAY JOIN arrayFilter(neighbour -> neighbour > node, neighbours) AS higher`);

const SMALL_STAR = intoEdges(`
  SELECT (lower, lowest) AS pair FROM (
    SELECT node, groupUniqArrayIf(visitor, visitor < node) AS neighbours, least(node, min(visitor)) AS lowest
    FROM ${FROM} GROUP BY node)
  ARRAY JOIN arrayFilter(visitor -> visitor != lowest, arrayPushBack(neighbours, node)) AS lower`);

/** Whether every node has nothing but higher neighbours, or exactly one and that one lower. */
async function areStars(clickhouse: ClickHouse, build: number, from: number): Promise<boolean> {
  const [row] = await clickhouse.query<{ n: string }>(
    `SELECT count() AS n FROM (
       SELECT node FROM ${FROM} GROUP BY node HAVING min(visitor) < node AND uniqExact(visitor) > 1)`,
    { build, from },
    STREAMED,
  );
  return row?.n === '0';
}

const INTO_CHOICES = 'INSERT INTO cluster_work (build, step, node, visitor, label, width, first, last)';

const STARS_OF_JOINTS = `${INTO_CHOICES}
  SELECT ${STEP}, member.1 AS node, member.1 AS visitor, joint AS label, width, member.2 AS first, member.3 AS last
  FROM (
    SELECT node AS joint, uniqExact(visitor) AS width,
           groupArray((work.visitor, work.first, work.last)) AS members
    FROM ${FROM} GROUP BY node HAVING width >= 2)
  ARRAY JOIN members AS member`;

const SMALL_COMPONENTS = `${INTO_CHOICES}
  SELECT ${STEP}, member AS node, member AS visitor, lowest AS label, 0 AS width,
         toDateTime64(0, 3, 'UTC') AS first, toDateTime64(0, 3, 'UTC') AS last
  FROM (
    SELECT node AS lowest, arrayPushFront(groupUniqArray(visitor), node) AS members FROM ${FROM}
    GROUP BY node HAVING min(visitor) > node AND length(members) <= ${LIMITS.visitorsACluster})
  ARRAY JOIN members AS member`;

const RAREST = '(work.width, work.label)';

/** A star's number is turned over, because a joint and a component may have the same one. */
const CHOOSE = `${INTO_WORK}
  SELECT ${STEP},
         if(countIf(work.width = 0) > 0, maxIf(work.label, work.width = 0),
            bitNot(argMinIf(work.label, ${RAREST}, work.width > 0))) AS node,
         work.node AS visitor, argMinIf(work.first, ${RAREST}, work.width > 0) AS first, max(work.last) AS last
  FROM ${FROM} GROUP BY work.node`;

const CUT = `INSERT INTO clusters (build, visitor, cluster, last)
  SELECT {build:UInt64} AS build, member.2 AS visitor, sipHash64(lowest) AS cluster, member.3 AS last
  FROM (
    SELECT arraySlice(members, start + 1, ${LIMITS.visitorsACluster}) AS part, arrayMin(member -> member.2, part) AS lowest
    FROM (
      SELECT arraySort(groupArray((work.first, work.visitor, work.last))) AS members
      FROM ${FROM} GROUP BY work.node HAVING count() >= 2)
    ARRAY JOIN range(0, length(members), ${LIMITS.visitorsACluster}) AS start
    WHERE length(part) >= 2)
  ARRAY JOIN part AS member`;
