import type { Branch } from '../taxonomy/audience.ts';
import { SCORE, scoreSql, UNSURE } from './score.ts';
import { DWELL_UNIT_S, MAX_DWELL_S, WEIGHING } from './weight.ts';

/**
 * SQL of what visitors {from} to {to} attend to: of each node by its place (0 is everything) the evidence for it,
 * and all attention that hits about it have.
 */
export const allAttentionSql = (branch: Branch): string => `
  SELECT said.1 AS place, sum(weight * said.2) / 100 AS evidence, sum(weight) AS about
  FROM (SELECT topic, sum(weighed.weight) AS weight FROM (${weighedSql(branch)}) AS weighed GROUP BY topic) AS attended
  LEFT JOIN (${topicsSql(branch)}) AS topics ON topics.topic = attended.topic
  ARRAY JOIN arrayPushFront(topics.said, (toUInt16(0), toUInt8(100))) AS said
  GROUP BY place`;

/**
 * The statement that scores visitors {from} to {to} for the {nodes} of a branch, given over all visitors the
 * evidence for each and the attention that can be held against it, and writes the scores under {build}. Who has come
 * too seldom for any score is left out before hits are taken apart, and that is most visitors of most sites.
 */
export function scoresSql(branch: Branch): string {
  const score = scoreSql({
    evidence: 'evidence',
    other: 'greatest(0, total - about)',
    allEvidence: '{allEvidence:Array(Float64)}[place]',
    allAttention: '{allAttention:Array(Float64)}[place]',
  });
  return `
  INSERT INTO interests (build, interest, visitor, score, last)
  SELECT {build:UInt64} AS build, {nodes:Array(String)}[place] AS interest, visitor, ${score} AS score, last
  FROM (
    SELECT visitor, said.1 AS place, sum(weight * said.2) / 100 AS evidence, sum(weight) AS about, max(time) AS last,
           any(whole) AS total
    FROM (
      SELECT visitor, whole, attended.1 AS topic, attended.2 AS weight, attended.3 AS time
      FROM (
        SELECT visitor, groupArray((weighed.topic, weighed.weight, weighed.time)) AS hits, sum(weighed.weight) AS whole
        FROM (${weighedSql(branch)}) AS weighed
        GROUP BY visitor HAVING whole >= ${SCORE.floor})
      ARRAY JOIN hits AS attended) AS hit
    INNER JOIN (${topicsSql(branch)}) AS topics ON topics.topic = hit.topic
    ARRAY JOIN topics.said AS said
    GROUP BY visitor, place HAVING evidence >= ${SCORE.floor})`;
}

/**
 * The categories of a page with how sure they are, as one number: far fewer pages than hits, and a hit that is known
 * by a number is told from its copies twice as fast as one that carries its lists (a million: 0.33 s, not 0.66 s).
 */
const TOPIC = 'cityHash64(categories, confidences)';

/** The hits that are read, of a branch. */
const readSql = (branch: Branch): string => `
  kept_hits WHERE visitor BETWEEN {from:UInt64} AND {to:UInt64}
    AND time <= fromUnixTimestamp64Milli({asOf:Int64}, 'UTC') AND ${WEIGHING[branch].where}`;

/**
 * Each distinct hit, with what it is worth; where copies of one differ, by the most that they say. Whose newest word
 * allows no profile has none.
 */
const weighedSql = (branch: Branch): string => `
  SELECT visitor, max(copy.topic) AS topic, max(copy.time) AS time,
         (max(copy.worth) + least(max(copy.dwell_ms), ${MAX_DWELL_S * 1000}) / ${DWELL_UNIT_S * 1000})
           * exp2((toUnixTimestamp64Milli(time) - {asOf:Int64}) / {halfLifeMs:Float64}) AS weight
  FROM (
    SELECT visitor, hit, time, dwell_ms, ${TOPIC} AS topic, ${WEIGHING[branch].worth} AS worth
    FROM ${readSql(branch)}
      AND visitor GLOBAL NOT IN (SELECT visitor FROM unprofiled_visitors)) AS copy
  GROUP BY visitor, hit`;

/** What each topic says: of which nodes it is a sign, by place, and how sure that is in percent. */
const topicsSql = (branch: Branch): string => `
  SELECT topic, groupArray((place, sure)) AS said
  FROM (
    SELECT topic, sign.3 AS place,
           max(if(sign.2 = '', page.sure, least(page.sure, page.sures[indexOf(page.categories, sign.2)]))) AS sure
    FROM (
      SELECT topic, categories, sures, category, sure
      FROM (
        SELECT topic, categories,
               arrayMap(sure -> if(sure = 0, toUInt8(${UNSURE}), sure), arrayResize(confidences, length(categories))) AS sures
        FROM (
          SELECT topic, any(said.categories) AS categories, any(said.confidences) AS confidences
          FROM (SELECT ${TOPIC} AS topic, categories, confidences FROM ${readSql(branch)}) AS said
          GROUP BY topic))
      ARRAY JOIN categories AS category, sures AS sure) AS page
    INNER JOIN (
      SELECT arrayJoin(arrayZip({contents:Array(String)}, {besides:Array(String)}, {places:Array(UInt16)})) AS sign,
             sign.1 AS content) AS signs
    ON signs.content = page.category
    WHERE sign.2 = '' OR has(page.categories, sign.2)
    GROUP BY topic, place)
  GROUP BY topic`;
