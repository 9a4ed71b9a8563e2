import { BROWSERS } from './browsers.mjs';
import { addressIn, PLACES } from './places.mjs';

/** The four that want a yes, and bring none here, are few: enough to see how they are refused. */
const COUNTRIES = {
  US: 44,
  IN: 13,
  CA: 9,
  JP: 8,
  AU: 7,
  MX: 6,
  KR: 4,
  ZA: 3,
  DE: 2.5,
  FR: 1.5,
  GB: 1.5,
  ES: 0.5,
};
const WANT_A_YES = new Set(['DE', 'FR', 'GB', 'ES']);
const TOPICS = { news: 22, sports: 20, cooking: 15, travel: 14, tech: 13, cars: 8, finance: 8 };
const BROWSER_SHARES = Object.fromEntries(BROWSERS.map(({ share }, place) => [place, share]));
const DIGITS = '0123456789abcdef';
const ID = 'abcdefghijklmnopqrstuvwxyz0123456789';

/**
 * @returns a person: where, with which browser, interested in what. `visits` says how much more often than
 *   others this person comes; `cookie` is filled in by the first answer that sets one.
 */
export function makeVisitor(random) {
  const country = random.weighted(COUNTRIES);
  const { language, tz } = PLACES[country];
  const browser = BROWSERS[Number(random.weighted(BROWSER_SHARES))];
  const first = random.weighted(TOPICS);
  return {
    address: addressIn(country, random),
    language,
    tz,
    browser,
    topics: { [first]: 7, [random.weighted(TOPICS)]: 2, [random.weighted(TOPICS)]: 1 },
    wantsAYes: WANT_A_YES.has(country),
    optsOut: country === 'US' && random.next() < 0.04,
    isMatched: random.next() < 0.45,
    partnerId: random.text(24, ID),
    firstPartyId: random.text(20, ID),
    device: browser.deviceType && random.next() < 0.3 ? makeDevice(browser.deviceType, random) : undefined,
    // A few come all the time, most once: so are visits to sites spread.
    visits: (1 - random.next()) ** -0.45,
    cookie: undefined,
  };
}

/** One in twenty has limited ad tracking, and says so with zeros. */
function makeDevice(type, random) {
  const limited = random.next() < 0.05;
  const groups = [8, 4, 4, 4, 12].map((length) =>
    limited ? '0'.repeat(length) : random.text(length, DIGITS),
  );
  return { type, id: groups.join('-') };
}

/** Draws visitors as often as they come. */
export function drawFrom(visitors, random) {
  const sums = [];
  let sum = 0;
  for (const { visits } of visitors) {
    sum += visits;
    sums.push(sum);
  }
  return () => {
    const wanted = random.next() * sum;
    let from = 0;
    let to = sums.length - 1;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sums[middle] <= wanted) from = middle + 1;
      else to = middle;
    }
    return visitors[from];
  };
}
