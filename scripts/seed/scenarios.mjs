import { SEGMENTS } from '../demo/segments.mjs';
import { SITES } from '../demo/sites.mjs';
import { fill, fillSteps } from './fill.mjs';
import { newsroom, newsroomSteps } from './newsroom.mjs';

const SHOP_DAYS = 14;
const SHOP_HISTORY = 7;

/**
 * What a server can be filled with, by name. Each makes the same people at every run, counted back from now, and fails
 * where something of the same id is there already. `people` is how many there are where nothing else is said; `seed`
 * takes what `Seeding` of `fill.mjs` says, and `steps` how many of them it then tells its progress of.
 */
export const SCENARIOS = {
  shop: {
    about:
      'One site of 300 people in two weeks, two segments: the least with which every number is something.',
    people: 300,
    steps: (seeding) => fillSteps(seeding, SHOP_HISTORY),
    seed: shop,
  },
  newsroom: {
    about:
      'Seven sites of 3,000 people in twelve weeks, nine segments in folders, labels and a model, a partner with matches and syncs, three destinations with runs and losses (one is down, which is an alert), refusals, withdrawals and an erasure; of the last three what the jobs found each day.',
    people: 3_000,
    steps: newsroomSteps,
    seed: newsroom,
  },
};

async function shop(seeding) {
  const { api, past } = seeding;
  const segments = SEGMENTS.filter(({ id }) => id === 'home-cooks' || id === 'regulars');
  await fill(seeding, {
    sites: SITES.slice(2, 3),
    days: SHOP_DAYS,
    history: SHOP_HISTORY,
    segments,
    live: async (day) => {
      // It waits for the hits, which nothing else does here.
      await api('POST', '/v1/jobs/features/run?wait=1');
      await past.live(day, { segments });
    },
  });
}
