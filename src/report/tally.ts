/** The rooms that count how things end. */
export type Room = 'collect' | 'sync' | 'import' | 'api' | 'delivery' | 'keys';

/** What is counted when nothing was refused. */
export const STORED = 'stored';
/** What is counted of a key, in the place of a site, each time that it comes. */
export const USED = 'used';

/** How often something ended so, since the process started. */
export interface Total {
  readonly room: string;
  readonly site: string;
  readonly reason: string;
  readonly n: number;
}

/** The same of the people of one country. */
type ByCountry = Total & { readonly country: string };
type Counter = { -readonly [K in keyof ByCountry]: ByCountry[K] };

/** By room, site, reason and country. Joining only three into one key made counting cost 0.57 µs a hit; it is 0.11 µs so. */
type Counters = Map<string, Map<string, Map<string, Map<string, Counter>>>>;

/**
 * Counts every outcome twice over: since the start of the process (for `/metrics`) and by minute (for the
 * journal, so that pages and reports show the same numbers after a restart and over many processes).
 */
export class Tally {
  readonly #totals: Counters = new Map();
  #minutes = new Map<number, Counters>();

  /**
   * @param site id of the site, or empty where it is not known.
   * @param reason `stored` or the name of the refusal.
   * @param country of whom it is counted, ISO 3166-1 alpha-2; empty where it is not known, or of no person.
   */
  count(room: Room, site: string, reason: string, now: number, n = 1, country = ''): void {
    counterIn(this.#totals, room, site, reason, '').n += n;
    this.put(room, site, reason, country, now, n);
  }

  /** Puts back what {@link take} gave and the journal would not take. */
  put(room: string, site: string, reason: string, country: string, time: number, n: number): void {
    const minute = Math.floor(time / MINUTE_MS) * MINUTE_MS;
    let counters = this.#minutes.get(minute);
    if (counters === undefined) {
      counters = new Map();
      this.#minutes.set(minute, counters);
    }
    counterIn(counters, room, site, reason, country).n += n;
  }

  /** Counts since the process started, of all countries together: metrics would grow by each of them. */
  totals(): Total[] {
    return [...all(this.#totals)].map(({ room, site, reason, n }) => ({ room, site, reason, n }));
  }

  /** Takes out what was counted since the last call, by minute (milliseconds since 1970). */
  take(): (ByCountry & { readonly minute: number })[] {
    const taken = this.#minutes;
    this.#minutes = new Map();
    return [...taken].flatMap(([minute, counters]) =>
      [...all(counters)].map((counter) => ({ minute, ...counter })),
    );
  }
}

const MINUTE_MS = 60_000;

function counterIn(counters: Counters, room: string, site: string, reason: string, country: string): Counter {
  const countries = inner(inner(inner(counters, room), site), reason);
  let counter = countries.get(country);
  if (counter === undefined) {
    counter = { room, site, reason, country, n: 0 };
    countries.set(country, counter);
  }
  return counter;
}

function inner<T>(outer: Map<string, Map<string, T>>, key: string): Map<string, T> {
  let found = outer.get(key);
  if (found === undefined) {
    found = new Map();
    outer.set(key, found);
  }
  return found;
}

function* all(counters: Counters): Generator<Counter> {
  for (const sites of counters.values())
    for (const reasons of sites.values()) for (const countries of reasons.values()) yield* countries.values();
}
