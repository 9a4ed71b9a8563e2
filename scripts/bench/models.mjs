// How good the demographic models are where the truth is known, how long they take, and how many visitors are scored
// in a minute; and who is found to be like the members of a seed.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureLookalikes } from '../../dist/audience/lookalikes/ensure.js';
import { buildDemographics, publishedDemographics } from '../../dist/audience/models/demographics.js';
import { parseRule } from '../../dist/audience/rule/parse.js';
import { resolve } from '../../dist/audience/rule/resolve.js';
import { ClickHouse } from '../../dist/clickhouse/client.js';
import { startEngine } from '../../dist/clickhouse/engine.js';
import { migrate } from '../../dist/clickhouse/schema.js';
import { Leases } from '../../dist/jobs/lease.js';
import { atLeast, atMost, conclude, exactly, leftOpen } from './aims.mjs';
import { cpuSeconds, MACHINE, machineText, residentMb, round } from './machine.mjs';
import { untilMerged } from './merged.mjs';
import { readOptions } from './options.mjs';

const GB = 2 ** 30;
const ENGINE_GB = 4;
const PRECISION = 0.8;
/** Hits of a visitor on the mean, at least 20: so that 6,000 have a million. */
const MEAN_HITS = 166;
/** Of the pages a fifth is liked more by one of the two classes, by 25 to 50 of a hundred, and its twin by the other. */
const PAGES = 4000;

const { labelled, others, visitors, hits, short } = readOptions({
  name: 'bench:models',
  about: `
What demographic models find out where it is known what there is to find. Visitors of two classes see ${PAGES} pages, a
million hits of 6,000 of them whose class is declared; a fifth of the pages is liked more by one class, the others say
nothing. The best possible score is the sum of the true log-odds of what a visitor saw, so its AUC is the best possible.
Measured on visitors whose class was declared to nobody.

Aims: at least 0.98 of the best possible AUC; a calibration error of at most 0.03; of an attribute that nothing tells
nobody is decided; the job takes at most 30 s; a job that trains the same and scores 5,000,000 visitors at most 60 s,
on an engine of ${ENGINE_GB} GB; who is most like a seed is of its class at least 0.95 as often as it could be.

It takes some minutes, and as much of both cores as there is.`,
  numbers: {
    labelled: { usual: 6_000, short: 2_000, least: 500, help: 'visitors whose class is declared' },
    others: { usual: 12_000, short: 4_000, least: 1000, help: 'visitors whose class is to be found' },
    visitors: { usual: 5_000_000, short: 100_000, least: 1000, help: 'visitors that are scored for speed' },
    hits: { usual: 10, short: 10, help: 'hits of each of those' },
  },
});

const say = (text) => process.stdout.write(`${text}\n`);
const secondsSince = (began) => round((performance.now() - began) / 1000, 1);
const folder = await mkdtemp(join(tmpdir(), 'ninety-bench-models-'));
const password = randomBytes(16).toString('hex');
const engine = await startEngine({
  folder: join(folder, 'engine'),
  memoryBytes: ENGINE_GB * GB,
  password,
  log: () => {},
});
const connect = (database) =>
  new ClickHouse({ urls: [engine.url], user: engine.user, password, database, cluster: undefined });

const share = (...of) => `(sipHash64(${of.join(', ')}) / pow(2, 64))`;
const CLASS = "sipHash64('class', n) % 10 < 3";
const LEAN = `if(sipHash64('leans', pair) % 5 = 0,
  (0.25 + ${share("'lean'", 'pair')} / 4) * if(sipHash64('side', pair) % 2 = 0, 1, -1), 0)`;
/** Twins are seen equally often by all together, so that the odds of having seen the first are just these. */
const FIRST = `${share("'first'", 'n', 'k')} < (1 + if(isMale, 1, -1) * ${LEAN}) / 2`;

const PLANTED = `
  INSERT INTO hits (time, visitor, hit, site, event, origin, path, categories, keywords, country, device, os, browser, purposes)
  SELECT now64(3) - toIntervalSecond(sipHash64(n, k) % 7000000) AS time, sipHash64(n) AS visitor, sipHash64('hit', n, k) AS hit,
         'magazine' AS site, 'pageview' AS event, 'web' AS origin, concat('/', toString(page)) AS path,
         [toString(sipHash64('category', page) % 40)] AS categories, [concat('word', toString(sipHash64('word', page) % 400))] AS keywords,
         'DE' AS country, ['desktop', 'mobile'][n % 2 + 1] AS device, 'Linux' AS os, 'Firefox' AS browser, 65535 AS purposes
  FROM (
    SELECT n, k, 2 * pair + if(${FIRST}, 0, 1) AS page FROM (
      SELECT n, k, ${CLASS} AS isMale, toUInt32(${PAGES / 2} * pow(${share("'pair'", 'n', 'k')}, 2)) AS pair
      FROM (SELECT number AS n, arrayJoin(range(toUInt32(20 - ${MEAN_HITS - 20} * log(${share("'hits'", 'number')} + 1e-9)))) AS k
            FROM numbers({from:UInt64}, {count:UInt64}))))`;

/** What each visitor is, and the log-odds that his hits have of it. */
const TRUTH = `
  CREATE TABLE truth ENGINE = MergeTree ORDER BY visitor AS
  SELECT people.visitor AS visitor, any(people.isMale) AS isMale, sum(odds) AS odds FROM (
    SELECT visitor, intDiv(toUInt32(substring(path, 2)), 2) AS pair, toUInt32(substring(path, 2)) % 2 = 0 AS isFirst,
           ${LEAN} AS lean, log((1 + lean) / (1 - lean)) * if(isFirst, 1, -1) AS odds FROM hits) AS seen
  INNER JOIN (SELECT number AS n, sipHash64(number) AS visitor, ${CLASS} AS isMale FROM numbers({people:UInt64})) AS people
  ON people.visitor = seen.visitor GROUP BY visitor`;

const LABELS = (value) => `
  INSERT INTO labels (attribute, visitor, source, value, time, last)
  SELECT {attribute:String} AS attribute, sipHash64(number) AS visitor, 'panel' AS source, ${value} AS value,
         now64(3) AS time, now64(3) AS last
  FROM (SELECT number, number AS n FROM numbers({labelled:UInt64}))`;

const build = async (clickhouse) => {
  const began = performance.now();
  const { result } = await buildDemographics(clickhouse, new Leases(clickhouse, 'bench'), PRECISION);
  if (Object.keys(result.failed).length > 0) throw new Error(JSON.stringify(result.failed));
  return { result, seconds: secondsSince(began) };
};

/** How good the scores of those are who have declared nothing. */
async function quality(clickhouse) {
  const [row] = await clickhouse.query(
    `SELECT arrayROCAUC(groupArray(probability), groupArray(isMale)) AS auc,
            arrayROCAUC(groupArray(odds), groupArray(isMale)) AS best, count() AS visitors,
            countIf(scored.decided AND isMale) AS right, countIf(scored.decided) AS chosen
     FROM kept_demographics AS scored INNER JOIN truth ON truth.visitor = scored.visitor
     WHERE attribute = 'gender' AND value = 'male' AND NOT declared`,
  );
  const [calibration] = await clickhouse.query(
    `SELECT sum(abs(predicted - observed) * n) / sum(n) AS error FROM (
       SELECT avg(probability) AS predicted, avg(isMale) AS observed, count() AS n
       FROM kept_demographics AS scored INNER JOIN truth ON truth.visitor = scored.visitor
       WHERE attribute = 'gender' AND value = 'male' AND NOT declared GROUP BY floor(probability * 10))`,
  );
  return { ...row, calibrationError: calibration.error };
}

/** Buyers are of one class; who of the others is most like them should be of it too. */
async function likeness(clickhouse) {
  await clickhouse.command(
    `INSERT INTO hits (time, visitor, hit, site, event, origin, path, purposes)
     SELECT now64(3) AS time, visitor, sipHash64('bought', visitor) AS hit, 'magazine' AS site, 'purchase' AS event,
            'web' AS origin, '/bought' AS path, 65535 AS purposes
     FROM truth WHERE isMale AND sipHash64('buys', visitor) % 4 = 0`,
  );
  const { rule } = resolve(
    parseRule({ did: { event: 'purchase' } }).rule,
    () => undefined,
    'buyers',
    'visitor',
  );
  const began = performance.now();
  const refused = await ensureLookalikes(clickhouse, new Leases(clickhouse, 'bench'), [
    { id: 'buyers', version: 1, rule, merge: 'visitor' },
  ]);
  if (refused.size > 0) throw new Error(JSON.stringify([...refused]));
  const seconds = secondsSince(began);
  const [row] = await clickhouse.query(
    `SELECT avgIf(isMale, byPlace <= n / 10) / avg(isMale) AS lift, avgIf(isMale, byOdds <= n / 10) / avg(isMale) AS best
     FROM (
       SELECT isMale, row_number() OVER (ORDER BY place) AS byPlace, row_number() OVER (ORDER BY odds DESC) AS byOdds,
              count() OVER () AS n
       FROM kept_lookalikes AS alike INNER JOIN truth ON truth.visitor = alike.visitor WHERE seed = 'buyers' AND place > 0)`,
  );
  return { ...row, seconds };
}

/** Many visitors with few hits each: of what the first ones do, the rest is made with other ids. */
const MANY = `
  INSERT INTO hits (time, visitor, hit, site, event, origin, path, categories, keywords, country, device, os, browser, purposes)
  SELECT now64(3) - toIntervalSecond(sipHash64(n, k) % 7000000) AS time, sipHash64(n) AS visitor, sipHash64('hit', n, k) AS hit,
         concat('site', toString(page % 50)) AS site, 'pageview' AS event, 'web' AS origin, concat('/articles/', toString(page)) AS path,
         [toString(page % 300), toString(page % 29)] AS categories,
         [concat('word', toString(page % 997)), concat('term', toString(page % 1499))] AS keywords,
         ['DE', 'FR', 'GB'][n % 3 + 1] AS country, ['desktop', 'mobile'][n % 2 + 1] AS device,
         ['Windows', 'Android', 'iOS'][n % 3 + 1] AS os, ['Chrome', 'Safari'][n % 2 + 1] AS browser, 65535 AS purposes
  FROM (
    SELECT n, k, 2 * pair + if(${FIRST}, 0, 1) AS page FROM (
      SELECT n, k, ${CLASS} AS isMale, toUInt32(${PAGES / 2} * pow(${share("'pair'", 'n', 'k')}, 2)) AS pair
      FROM (SELECT number AS n, arrayJoin(range({hits:UInt32})) AS k FROM numbers({from:UInt64}, {count:UInt64}))))`;
const PIECE = 200_000;

async function speed() {
  const clickhouse = connect('many');
  try {
    await migrate(clickhouse, 90);
    // Models do not read it, and to fill it takes longer than all the rest.
    await clickhouse.command('DROP VIEW features_from_hits');
    for (let from = 0; from < visitors; from += PIECE)
      await clickhouse.command(MANY, { from, count: Math.min(PIECE, visitors - from), hits });
    await clickhouse.command(LABELS(`if(${CLASS}, 'male', 'female')`), {
      attribute: 'gender',
      labelled: Math.min(50_000, visitors / 4),
    });
    await untilMerged(clickhouse);
    let peakMb = 0;
    const looks = setInterval(() => {
      peakMb = Math.max(peakMb, residentMb(engine.pid()));
    }, 100);
    const cpu = cpuSeconds(engine.pid());
    const { result, seconds } = await build(clickhouse).finally(() => clearInterval(looks));
    const cpuS = round(cpuSeconds(engine.pid()) - cpu, 1);
    const [{ scored }] = await clickhouse.query(
      "SELECT uniqExact(visitor) AS scored FROM kept_demographics WHERE attribute = 'gender'",
    );
    return { seconds, cpuS, scored: Number(scored), auc: result.built.gender.auc, peakMb };
  } finally {
    await clickhouse.close();
  }
}

const clickhouse = connect('planted');
try {
  await migrate(clickhouse, 90);
  say(`\n  ${machineText()}; engine of ${ENGINE_GB} GB\n`);
  const people = labelled + others;
  for (let from = 0; from < people; from += 2000)
    await clickhouse.command(PLANTED, { from, count: Math.min(2000, people - from) });
  await clickhouse.command(TRUTH, { people });
  await clickhouse.command(LABELS(`if(${CLASS}, 'male', 'female')`), { attribute: 'gender', labelled });
  const [made] = await clickhouse.query(
    `SELECT count() AS hits, countIf(visitor IN (SELECT visitor FROM labels)) AS ofLabelled,
            uniqExact(visitor) AS visitors, uniqExact(path) AS pages FROM hits`,
  );
  say(
    `  ${made.hits} hits of ${made.visitors} visitors, ${made.ofLabelled} of ${labelled} labelled; ${made.pages} pages`,
  );
  const { seconds } = await build(clickhouse);
  const found = await quality(clickhouse);
  const ratio = round(found.auc / found.best, 4);
  say(
    `  ${seconds} s; AUC ${round(found.auc, 4)} of ${round(found.best, 4)}; calibration error ${round(found.calibrationError, 4)}`,
  );
  say(
    `  decided: ${found.chosen} of ${found.visitors}, ${round(found.right / found.chosen, 3)} of them male`,
  );

  await clickhouse.command(LABELS("if(sipHash64('none', n) % 2 = 0, 'heads', 'tails')"), {
    attribute: 'coin',
    labelled,
  });
  await build(clickhouse);
  const coin = (await publishedDemographics(clickhouse)).get('coin');
  const [assigned] = await clickhouse.query(
    "SELECT countIf(decided) AS n FROM kept_demographics WHERE attribute = 'coin' AND NOT declared",
  );
  say(
    `  of a coin: published ${coin.report.published}, z ${round(coin.report.zScore, 2)}, ${assigned.n} decided`,
  );

  const alike = await likeness(clickhouse);
  say(
    `  look-alikes: ${alike.seconds} s, lift of the first tenth ${round(alike.lift, 3)} of ${round(alike.best, 3)}`,
  );

  const many = await speed();
  say(
    `  ${many.scored} visitors with ${hits} hits each: ${many.seconds} s (${many.cpuS} s of the engine's CPU), engine ${many.peakMb} MB\n`,
  );
  const judged = (aim) => (short ? leftOpen(aim) : aim);
  const aims = conclude({
    auc: judged(atLeast(0.98, ratio, 'of the best possible AUC')),
    calibration: judged(atMost(0.03, round(found.calibrationError, 4), 'calibration error')),
    noSignal: exactly(0, Number(assigned.n), 'visitors decided of an attribute that nothing tells'),
    train: atMost(30, seconds, 'seconds to train on and score the visitors of the planted world'),
    lift: judged(
      atLeast(0.95, round(alike.lift / alike.best, 4), 'of the best possible lift in the top decile'),
    ),
    score: atMost(60, many.seconds, `seconds for the job that scores ${many.scored} visitors`),
    memory: atMost(ENGINE_GB * 1024, many.peakMb, 'MB of memory of the engine meanwhile'),
  });
  say(
    JSON.stringify({
      bench: 'models',
      unit: 's',
      seconds,
      hits: Number(made.hits),
      labelled,
      pages: Number(made.pages),
      auc: round(found.auc, 4),
      bestAuc: round(found.best, 4),
      calibrationError: round(found.calibrationError, 4),
      lookalikes: { seconds: alike.seconds, lift: round(alike.lift, 3), best: round(alike.best, 3) },
      many: {
        visitors: many.scored,
        hitsEach: hits,
        seconds: many.seconds,
        cpuS: many.cpuS,
        auc: round(many.auc, 4),
        engineMb: many.peakMb,
      },
      aims,
      machine: MACHINE,
    }),
  );
} finally {
  await clickhouse.close();
  await engine.stop();
  await rm(folder, { recursive: true, force: true });
}
