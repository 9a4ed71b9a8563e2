import { makeVisitor } from '../demo/visitors.mjs';

const HEX = '0123456789abcdef';
const DAY_MS = 86_400_000;
/** Of people, who say no one day: most by an opt-out of sale, some by a string that cannot be read. */
const LEAVING = 0.03;
const NOES = [{ usPrivacy: '1YYN' }, { usPrivacy: '1YYN' }, { gpp: 'no GPP string', gppSid: '7' }];
const mayBeStored = ({ wantsAYes, optsOut }) => !wantsAYes && !optsOut;

/**
 * @param {number} days in which some of them leave. @param isOne whom to take of those who come.
 * @returns people, each under an advertising id of a phone.
 */
export function makePeople(count, random, days, isOne = mayBeStored) {
  const people = [];
  while (people.length < count) {
    const person = makeVisitor(random);
    if (!isOne(person)) continue;
    const id = [8, 4, 4, 4, 12].map((length) => random.text(length, HEX)).join('-');
    const left =
      random.next() < LEAVING ? { daysAgo: random.next() * days, no: random.pick(NOES) } : undefined;
    // More of them come for the first time as the weeks go by.
    people.push({ ...person, id, since: random.next() ** 1.4, left });
  }
  return people;
}

/**
 * What people did on the sites, as the sites' servers hand it in, oldest first: more by day than by night, less at
 * weekends. Who leaves says so, and does not come again.
 *
 * @param {{people: object[], sites: object[], days: number, hits: number, now: number, random: object}} options
 *   `now`: milliseconds since 1970, when the last of it happened.
 */
export function makeHits({ people, sites, days, hits, now, random }) {
  const all = [];
  while (all.length < hits) {
    const person = random.pick(people);
    const age = random.next() * (1 - person.since * 0.8) * days;
    if (age < (person.left?.daysAgo ?? 0)) continue;
    const start = now - age * DAY_MS;
    const hour = new Date(start).getUTCHours();
    const weekday = new Date(start).getUTCDay();
    const isQuiet = (hour < 7 ? 0.6 : 0) + (weekday === 0 || weekday === 6 ? 0.3 : 0);
    if (random.next() < isQuiet) continue;
    const topic = random.weighted(person.topics);
    const site = sites.find((one) => one.topic === topic) ?? random.pick(sites);
    const pages = 1 + Math.floor(random.waiting(2));
    let time = start;
    for (let page = 0; page < pages && all.length < hits && time < now; page++) {
      const [path, title] = random.pick(site.articles);
      all.push(hitOf(person, site, path, title, time, random));
      time += 20_000 + random.waiting(60_000);
    }
  }
  for (const person of people) {
    const { left } = person;
    if (left === undefined) continue;
    const site = random.pick(sites);
    const [path, title] = random.pick(site.articles);
    all.push({ ...hitOf(person, site, path, title, now - left.daysAgo * DAY_MS, random), ...left.no });
  }
  return all.sort((a, b) => a.time - b.time);
}

function hitOf(person, site, path, title, time, random) {
  const event = random.next() < 0.02 ? 'signup' : 'pageview';
  return {
    site: site.key,
    event,
    url: `https://${site.host}${path}`,
    title,
    ...(site.categories === undefined ? {} : { categories: site.categories }),
    ...(site.keywords === undefined ? {} : { keywords: site.keywords }),
    time: Math.round(time),
    tz: person.tz,
    ip: person.address,
    userAgent: person.browser.userAgent,
    language: person.language,
    deviceId: person.id,
    deviceType: 'gaid',
  };
}
