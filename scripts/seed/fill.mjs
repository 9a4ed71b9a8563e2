import { randomFrom } from '../demo/random.mjs';
import { makeHits, makePeople } from './people.mjs';

export const SEED = 1990;
const BATCH = 1_000;
const HITS_A_PERSON = 12;
const DAY_MS = 86_400_000;
/** When the jobs of a day before this one ran; UTC. Well within the day, however long they take. */
const NIGHTLY_MS = 6 * 3_600_000;
const JOBS = ['identity', 'features', 'interests', 'demographics', 'lookalikes', 'expire'];

/**
 * How a scenario is seeded: `api` as `apiOf` gives it; `people` there are; `past` undefined where nothing can be made of
 * it; `progress` as `progressOf` gives it.
 *
 * @typedef {{api: Function, people: number, past?: import('./past.mjs').Past, progress: {next(what: string): void}}} Seeding
 */

/** How many steps {@link fill} has that is told of so many `history` days. */
export const fillSteps = ({ past }, history) => 3 + (past === undefined ? 0 : history);

/**
 * Makes sites, what people did on them, and segments of those people.
 *
 * @param {Seeding} seeding
 * @param {object} of `sites` and `segments` as the demo has them, and `days` of hits up to now. Where there is a past,
 *   `live` is called for each of the last `history` days, with how many days ago that is (`ago`), the `moment` in
 *   milliseconds since 1970, and the people known by then, when all hits before that moment are sent: none may be there
 *   that is later, because rules look back from a moment and not up to it. `know` is called with the people known when
 *   all hits are sent, before the jobs run and the segments are made.
 * @returns the people; the sites with their keys; `send`, by which more hits are sent.
 */
export async function fill(seeding, { sites: wanted, segments, days, history, live, know = async () => {} }) {
  const { api, people: many, past, progress } = seeding;
  const random = randomFrom(SEED);
  const sites = [];
  for (const { id, name, host, ...rest } of wanted) {
    const { key } = await api('POST', '/v1/sites', { id, name, domains: [host] });
    sites.push({ ...rest, id, name, host, key });
  }
  const runJobs = async () => {
    for (const job of JOBS) await api('POST', `/v1/jobs/${job}/run?wait=1`);
  };
  // Of a server that has a past the watch would else say, in the middle of this, that they never came.
  await runJobs();
  const send = async (some) => {
    for (let from = 0; from < some.length; from += BATCH)
      await api('POST', '/v1/hits', some.slice(from, from + BATCH));
  };
  const people = makePeople(many, random, history);
  const now = Date.now() - 1_000;
  const hits = makeHits({ people, sites, days, hits: many * HITS_A_PERSON, now, random });
  const known = new Set();
  /** @returns the people who are known by now, and have not left. */
  const come = async (some) => {
    for (const { deviceId, usPrivacy, gpp } of some) {
      if (usPrivacy === undefined && gpp === undefined) known.add(deviceId);
      else known.delete(deviceId);
    }
    await send(some);
    return people.filter(({ id }) => known.has(id));
  };
  const today = Math.floor(now / DAY_MS) * DAY_MS;
  if (past !== undefined)
    for (let ago = history; ago > 0; ago--) {
      progress.next(ago === 1 ? 'yesterday' : `${ago} days ago`);
      const moment = today - ago * DAY_MS + NIGHTLY_MS;
      const later = hits.findIndex(({ time }) => time > moment);
      await live({ ago, moment }, await come(hits.splice(0, later)));
    }
  progress.next('today');
  await know(await come(hits));
  progress.next('jobs');
  await runJobs();
  progress.next('segments');
  for (const segment of segments) await api('POST', '/v1/segments', segment);
  await api('POST', '/v1/jobs/segments/run?wait=1');
  return { people, sites, send };
}
