import { randomFrom } from '../demo/random.mjs';
import { SEGMENTS } from '../demo/segments.mjs';
import { SITES } from '../demo/sites.mjs';
import { makeHits, makePeople } from './people.mjs';

const SEED = 1990;
const BATCH = 1_000;
/** People of whom a panel has declared something made up. */
const LABELLED = 2_000;
/** Browsers that are matched by cookie. */
const SYNCS = 120;
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const FEMALE = new Set(['cooking', 'travel', 'news']);

/**
 * What a server can be filled with, by name. Each makes the same data at every run, counted back from now, and fails
 * where something of the same id is there already. `seed` takes the API and, of the newsroom, how many `people` and
 * `hits` there are.
 */
export const SCENARIOS = {
  shop: {
    about: 'One site of 300 people in a week, two segments: the least with which every number is something.',
    seed: (api) =>
      fill(api, {
        sites: SITES.slice(2, 3),
        people: 300,
        hits: 2_000,
        days: 7,
        segments: SEGMENTS.filter(({ id }) => id === 'home-cooks' || id === 'regulars'),
      }),
  },
  newsroom: {
    about:
      'Seven sites of 3,000 people in a month, nine segments in folders, labels and a model, a partner with syncs, three destinations with runs and losses (one is down, which is an alert), refusals, withdrawals and an erasure.',
    seed: newsroom,
  },
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

async function newsroom(api, { people: many = 3_000, hits = 24_000 } = {}) {
  const segments = SEGMENTS.map((segment) => {
    const [folder, labels] = FOLDERS[segment.id] ?? [];
    return { ...segment, ...(folder === undefined ? {} : { folder, labels }) };
  });
  // Before the hits: consent is kept for the partners that there are.
  await api('POST', '/v1/partners', { id: 'north-dsp', name: 'North DSP', gvlId: 32 });
  const { people, sites, send } = await fill(api, {
    sites: SITES,
    people: many,
    hits,
    days: 28,
    segments,
  });
  const matches = people
    .filter(({ isMatched }) => isMatched)
    .map(({ id, partnerId }) => JSON.stringify({ id: `gaid:${id}`, partner: 'north-dsp', uid: partnerId }));
  await api('POST', '/v1/matches', matches.join('\n'), 'application/x-ndjson');
  const random = randomFrom(SEED + 1);
  const labels = people.slice(0, LABELLED).map(({ id, topics }) => {
    // What somebody reads most says something of it, and not all.
    const likely = Object.entries(topics).some(([topic, weight]) => weight > 5 && FEMALE.has(topic));
    const value = random.next() < 0.95 === likely ? 'female' : 'male';
    return JSON.stringify({ id: `gaid:${id}`, attribute: 'gender', value });
  });
  await api('POST', '/v1/labels', labels.join('\n'), 'application/x-ndjson');
  await api('POST', '/v1/jobs/demographics/run?wait=1');
  await send([
    { site: 'no-such-site', url: 'https://elsewhere.example/' },
    { ...sample(sites[0]), userAgent: 'Googlebot/2.1 (+http://www.google.com/bot.html)' },
    { ...sample(sites[0]), ip: '87.128.10.20' },
    { ...sample(sites[1]), ip: '90.0.10.20' },
  ]);
  await send(refusedOnes(people, sites));
  await matchBrowsers(api, people);
  await api('PATCH', '/v1/segments/football-fans', {
    name: 'Football: three pages in two weeks',
    rule: { did: { category: '533' }, times: 3, within: '14d' },
    note: 'Two pages took in too many who only saw the cup final.',
  });
  await api('POST', '/v1/jobs/segments/run?wait=1');
  const destination = (body) => api('POST', '/v1/destinations', { schedule: 'manual', ...body });
  await destination({
    id: 'partner-files',
    name: 'Files for North DSP',
    type: 'file-drop',
    partner: 'north-dsp',
    settings: { drop: 'folder', path: 'north' },
    segments: ['football-fans', 'home-cooks', 'travellers'],
  });
  await api('POST', '/v1/destinations/partner-files/deliver?wait=1');
  await destination({
    id: 'crm-hook',
    name: 'CRM webhook',
    type: 'webhook',
    devices: ['gaid'],
    gvlId: 32,
    // Nobody listens there: what is told it becomes waiting lines, and says so.
    settings: { url: 'https://crm.example/hook', secret: WEBHOOK_SECRET },
    segments: [{ id: 'regulars', code: 'loyal' }, 'mobile-tech'],
  });
  await api('POST', '/v1/destinations/crm-hook/deliver?wait=1');
  await destination({
    id: 'warehouse',
    name: 'Warehouse',
    type: 'webhook',
    partner: 'north-dsp',
    // Of an address of one's own nothing is told unless NINETY_OUTBOUND_ALLOW names it: it is down, which is an alert.
    settings: { url: 'https://localhost/hook', secret: WEBHOOK_SECRET },
    segments: ['in-the-us'],
  });
  await api('POST', '/v1/destinations/warehouse/deliver?wait=1');
  await api('DELETE', `/v1/visitors/gaid:${people.at(-1).id}`);
  await api('POST', '/v1/jobs/alerts/run?wait=1');
}

/** Hits that are refused for want of a yes or by a no; who was stored before has withdrawn by it. */
function refusedOnes(people, sites) {
  const random = randomFrom(SEED + 2);
  const share = (of) => people.filter(() => random.next() < of);
  const asked = makePeople(Math.ceil(people.length / 40), random, ({ wantsAYes }) => wantsAYes);
  const hit = ({ address, browser, language, id }, more = {}) => ({
    ...sample(random.pick(sites)),
    ip: address,
    userAgent: browser.userAgent,
    language,
    deviceId: id,
    deviceType: 'gaid',
    ...more,
  });
  return [
    ...asked.map((person) => hit(person)),
    ...share(0.02).map((person) => hit(person, { usPrivacy: '1YYN' })),
    ...share(0.01).map((person) => hit(person, { gpp: 'no GPP string', gppSid: '7' })),
  ];
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

/** Sites with people on them, and segments of those. */
async function fill(api, { sites: wanted, people: count, hits, days, segments }) {
  const random = randomFrom(SEED);
  const sites = [];
  for (const { id, name, host, ...rest } of wanted) {
    const { key } = await api('POST', '/v1/sites', { id, name, domains: [host] });
    sites.push({ ...rest, id, name, host, key });
  }
  const people = makePeople(count, random);
  const all = makeHits({ people, sites, days, hits, now: Date.now() - 1_000, random });
  const send = async (some) => {
    for (let from = 0; from < some.length; from += BATCH)
      await api('POST', '/v1/hits', some.slice(from, from + BATCH));
  };
  await send(all);
  for (const segment of segments) await api('POST', '/v1/segments', segment);
  await api('POST', '/v1/jobs/features/run?wait=1');
  await api('POST', '/v1/jobs/interests/run?wait=1');
  await api('POST', '/v1/jobs/segments/run?wait=1');
  return { people, sites, send };
}
