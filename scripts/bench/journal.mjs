import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Collector } from '../../dist/collect/collector.js';
import { hitOfQuery } from '../../dist/collect/door.js';
import {
  CONSENT_COLUMNS,
  HIT_COLUMNS,
  MATCH_COLUMNS,
  OPTOUT_COLUMNS,
  TALLY_COLUMNS,
} from '../../dist/collect/encode.js';
import { openGeo } from '../../dist/collect/geo.js';
import { consentDecider } from '../../dist/consent/decide.js';
import { random64, visitorId } from '../../dist/identity/visitor.js';
import { Journal } from '../../dist/journal/journal.js';
import { Tally } from '../../dist/report/tally.js';
import { pixelRequests } from './requests.mjs';
import { trafficOn, VENDOR } from './traffic.mjs';

const SITE = { id: 'bench', key: 'bench', name: 'Bench', domains: [] };
const VISITORS = 20_000;
/** Hits handed in at once, as many as the journal's memory takes at any moment. */
const AT_ONCE = 1_000;

/**
 * Writes a journal by the real collector, with the hits of the pixel benchmark.
 *
 * @param {string} folder of the journal. @param {number} files closed hits files wanted.
 * @param {(files: number) => void} [told] hears how many are closed, with each further one.
 * @returns {Promise<Map<string, number>>} rows of each file, by its name.
 */
export async function writeJournal(folder, files, told = () => undefined) {
  const journal = await Journal.open({
    folder,
    worker: 'bench',
    headers: {
      hits: HIT_COLUMNS,
      matches: MATCH_COLUMNS,
      consents: CONSENT_COLUMNS,
      optouts: OPTOUT_COLUMNS,
      tallies: TALLY_COLUMNS,
    },
    quotaBytes: 2 ** 36,
    fsync: false,
    // Closed by size alone.
    rotateMs: 3_600_000,
  });
  const decide = consentDecider({ gvlId: VENDOR, localRegion: undefined, partners: [] });
  const collector = new Collector({
    rules: () => ({ siteByKey: () => SITE, decide }),
    journal,
    geo: await openGeo(),
    tally: new Tally(),
    secret: 'a secret of the benchmark alone',
    retentionDays: 90,
  });
  const visitors = Array.from({ length: VISITORS }, () => visitorId(random64()));
  const requests = pixelRequests({
    ...trafficOn(SITE.key),
    count: VISITORS,
    visitors: VISITORS,
  }).map(([head, tail], number) => ({
    query: `${head.slice(head.indexOf('?') + 1)}${number}${tail.slice(0, tail.indexOf(' '))}`,
    address: /X-Forwarded-For: (\S+)/.exec(tail)[1],
    userAgent: /User-Agent: (.+)\r/.exec(tail)[1],
    acceptLanguage: /Accept-Language: (.+)\r/.exec(tail)[1],
    cookie: visitors[number % VISITORS],
  }));
  const hit = (at) =>
    new Promise((resolve, reject) => {
      const { query, ...sender } = requests[at % requests.length];
      const input = hitOfQuery(query);
      // Unique beyond the first time round.
      input.hitId = `${at}`;
      collector.collect(
        input,
        { ...sender, time: Date.now(), gpc: false, mayMint: true, origin: 'pixel' },
        (outcome) => (outcome.stored ? resolve() : reject(new Error(outcome.reason))),
      );
    });
  const closed = async () => (await readdir(join(folder, 'hits'))).filter((name) => name.endsWith('.tsv'));
  for (let at = 0, before = 0; ; at += AT_ONCE) {
    const { length } = await closed();
    if (length > before) told(length);
    before = length;
    if (length >= files) break;
    await Promise.all(Array.from({ length: AT_ONCE }, (_, more) => hit(at + more)));
  }
  await journal.close();
  const rows = new Map();
  for (const name of (await closed()).sort().slice(0, files)) {
    const bytes = await readFile(join(folder, 'hits', name));
    let lines = 0;
    for (const byte of bytes) if (byte === 10) lines += 1;
    rows.set(name, lines - 1);
  }
  return rows;
}
