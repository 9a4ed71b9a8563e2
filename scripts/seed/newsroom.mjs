import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../demo/random.mjs';
import { SEGMENTS } from '../demo/segments.mjs';
import { SITES } from '../demo/sites.mjs';
import { fill, fillSteps, SEED } from './fill.mjs';
import { makePeople } from './people.mjs';

/** Of hits. */
const DAYS = 84;
/** Of them the last of which it is known what the jobs found. */
const HISTORY = 21;
const WEEK = 7;
/** Of people, who are in a panel's table with something made up. */
const LABELLED = 0.6;
/** Browsers that are matched by cookie. */
const SYNCS = 120;
const LOOK_MS = 100;
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const FEMALE = new Set(['cooking', 'travel', 'news']);

const PARTNER = { id: 'north-dsp', name: 'North DSP', gvlId: 32 };
const FILES = {
  id: 'partner-files',
  name: 'Files for North DSP',
  type: 'file-drop',
  partner: PARTNER.id,
  settings: { drop: 'folder', path: 'north' },
  segments: ['football-fans', 'home-cooks', 'travellers'],
};

const FOLDERS = {
  'football-fans': ['interests/sport', ['always on']],
  'home-cooks': ['interests/food', ['always on', 'summer']],
  travellers: ['interests/travel', ['summer']],
  'in-the-us': ['places', []],
  'travelling-cooks': ['interests/food', ['summer']],
  'savers-without-cards': ['intent', ['finance']],
  'car-or-sports': ['intent', []],
};

export const newsroomSteps = (seeding) => fillSteps(seeding, HISTORY) + 3;

/** @param {import('./fill.mjs').Seeding} seeding */
export async function newsroom(seeding) {
  const { api, past, progress } = seeding;
  const segments = SEGMENTS.map((segment) => {
    const [folder, labels] = FOLDERS[segment.id] ?? [];
    return { ...segment, ...(folder === undefined ? {} : { folder, labels }) };
  });
  // Before the hits: consent is kept for the partners that there are.
  const partner = await api('POST', '/v1/partners', PARTNER);
  await past?.holdRate(partner);
  const files = { ...FILES, partner, ...(await settingsOf(api)) };
  const upload = (what, lines) => api('POST', `/v1/${what}`, lines.join('\n'), 'application/x-ndjson');
  const { people, sites, send } = await fill(seeding, {
    sites: SITES,
    days: DAYS,
    history: HISTORY,
    segments,
    live: async (day, people) => {
      // Who is looked up has been seen by then: an upload waits for the hits before it.
      await upload('matches', matchesOf(people, day.ago));
      const trains = day.ago === WEEK;
      if (trains) await upload('labels', labelsOf(people));
      await past.live(day, { segments, partner, destination: files, trains });
    },
    know: async (people) => {
      await upload('matches', matchesOf(people, 0));
      await upload('labels', labelsOf(people));
    },
  });
  progress.next('refusals and syncs');
  await send([
    { site: 'no-such-site', url: 'https://elsewhere.example/' },
    { ...sample(sites[0]), userAgent: 'Googlebot/2.1 (+http://www.google.com/bot.html)' },
    { ...sample(sites[0]), ip: '87.128.10.20' },
    { ...sample(sites[1]), ip: '90.0.10.20' },
  ]);
  await send(unaskedOnes(people, sites));
  await matchBrowsers(api, people);
  await api('PATCH', '/v1/segments/football-fans', {
    name: 'Football: three pages in two weeks',
    rule: { did: { category: '533' }, times: 3, within: '14d' },
    note: 'Two pages took in too many who only saw the cup final.',
  });
  await api('POST', '/v1/jobs/segments/run?wait=1');
  progress.next('destinations');
  await deliver(api);
  progress.next('an erasure and alerts');
  await past?.rate(partner);
  await api('DELETE', `/v1/visitors/gaid:${people.at(-1).id}`);
  await api('POST', '/v1/jobs/alerts/run?wait=1');
}

async function deliver(api) {
  const make = (body) => api('POST', '/v1/destinations', { schedule: 'manual', ...body });
  await make(FILES);
  await api('POST', `/v1/destinations/${FILES.id}/deliver?wait=1`);
  await make({
    id: 'warehouse',
    name: 'Warehouse',
    type: 'webhook',
    partner: PARTNER.id,
    // Of an address of one's own nothing is told unless NINETY_OUTBOUND_ALLOW names it: it is down, which is an alert.
    settings: { url: 'https://localhost/hook', secret: WEBHOOK_SECRET },
    segments: ['in-the-us'],
  });
  await api('POST', '/v1/destinations/warehouse/deliver?wait=1');
  await make({
    id: 'crm-hook',
    name: 'CRM webhook',
    type: 'webhook',
    devices: ['gaid'],
    gvlId: PARTNER.gvlId,
    // Nobody listens there: what is told it becomes waiting lines, and says so.
    settings: { url: 'https://crm.example/hook', secret: WEBHOOK_SECRET },
    segments: [{ id: 'regulars', code: 'loyal' }, 'mobile-tech'],
  });
  // It is tried for a while, and has lines that wait from the first try on.
  await api('POST', '/v1/destinations/crm-hook/deliver');
  while (!(await isWaiting(api, 'crm-hook'))) await sleep(LOOK_MS);
}

async function isWaiting(api, id) {
  const { items } = await api('GET', '/v1/deliveries');
  return items.find(({ destination }) => destination === id).waiting > 0;
}

/** What of the server's settings a delivery goes by. */
async function settingsOf(api) {
  const { items } = await api('GET', '/v1/settings');
  const number = (wanted) => Number(items.find(({ name }) => name === wanted).value);
  return { minAudience: number('NINETY_MIN_AUDIENCE'), retentionDays: number('NINETY_RETENTION_DAYS') };
}

/** From 0 to 1, the same for a person whenever it is asked for. */
const chanceOf = ({ id }, of) => randomFrom(SEED + of + Number.parseInt(id.slice(0, 8), 16)).next();

/** Lines of a panel's table. */
const labelsOf = (people) =>
  people
    .filter((person) => chanceOf(person, 1) < LABELLED)
    .map((person) => {
      // What somebody reads most says something of it, and not all.
      const likely = Object.entries(person.topics).some(([topic, weight]) => weight > 5 && FEMALE.has(topic));
      const value = chanceOf(person, 2) < 0.95 === likely ? 'female' : 'male';
      return JSON.stringify({ id: `gaid:${person.id}`, attribute: 'gender', value });
    });

/** Lines of the partner's table as it was so many days ago: half of it has come since the history begins. */
const matchesOf = (people, ago) =>
  people
    .filter((person) => person.isMatched && chanceOf(person, 3) * 2 < 2 - ago / HISTORY)
    .map(({ id, partnerId }) => JSON.stringify({ id: `gaid:${id}`, partner: PARTNER.id, uid: partnerId }));

/** Hits of people of whom nothing may be stored without a yes, and who bring none. */
function unaskedOnes(people, sites) {
  const random = randomFrom(SEED + 2);
  const unasked = makePeople(Math.ceil(people.length / 40), random, 0, ({ wantsAYes }) => wantsAYes);
  return unasked.map(({ address, browser, language, id }) => ({
    ...sample(random.pick(sites)),
    ip: address,
    userAgent: browser.userAgent,
    language,
    deviceId: id,
    deviceType: 'gaid',
  }));
}

/** Syncs as browsers make them, each a cookie of its own: most end well, some with a no or without an id. */
async function matchBrowsers(api, people) {
  for (const [at, { partnerId, browser }] of people.slice(0, SYNCS).entries()) {
    const no = at % 9 === 0 ? '&us_privacy=1YYN' : '';
    const uid = at % 7 === 0 ? '' : partnerId;
    await api.visit(`/setuid?bidder=north-dsp&uid=${uid}&gdpr=0${no}&f=i`, browser.userAgent);
  }
}

const sample = (site) => ({ site: site.key, url: `https://${site.host}/`, title: site.name });
