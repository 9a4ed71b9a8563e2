import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visitorId } from '../identity/visitor.ts';
import { MAX_ENTRIES, minuteOf, StateCookie, SyncState, stateKey } from './state.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const visitor = visitorId(7n);
const cookie = new StateCookie(90);
const nobody = () => undefined;
/** What a browser sends back. */
const sent = (state: SyncState, priorityOf: (key: string) => number | undefined = nobody) =>
  cookie.write(state, visitor, priorityOf, true).split(';')[0]!;
const read = (header: string | undefined, now = NOW, whose = visitor) => cookie.read(header, whose, now);

/** A partner, minutes ago, and the uid that came back, where one did; an empty one says that there is none. */
const step = fc.record({
  partner: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,20}$/),
  ago: fc.nat(90 * 1440 - 1),
  uid: fc.option(fc.string({ maxLength: 20 })),
});
const stateOf = (steps: readonly { partner: string; ago: number; uid: string | null }[]) => {
  const state = new SyncState();
  for (const { partner, ago, uid } of steps) {
    const at = NOW - ago * MINUTE_MS;
    if (uid === null) state.send(stateKey(partner), at);
    else if (uid === '') state.none(stateKey(partner), at);
    else state.match(stateKey(partner), uid, at);
  }
  return state;
};

describe('the state of a browser', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: MAX_ENTRIES }), (steps) => {
        const state = stateOf(steps);
        const back = read(`other=1; ${sent(state)}; n90=x`);
        expect(back.kept(nobody)).toEqual(state.kept(nobody));
      }),
    );
  });

  it('is written for other sites’ pages where browsers allow it, and kept from scripts', () => {
    const state = stateOf([]);
    expect(cookie.write(state, visitor, nobody, true)).toMatch(
      /^n90s=[\w-]{4}; Max-Age=7776000; Path=\/; HttpOnly; Secure; SameSite=None$/,
    );
    expect(cookie.write(state, visitor, nobody, false)).toMatch(/; HttpOnly; SameSite=Lax$/);
  });

  it('of any garbage is read without a fault, holds what can be, and is never larger than it may be', () => {
    const garbage = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'AZaz09-_ms=; '), maxLength: 2000 }),
      fc
        .array(fc.stringMatching(/^[\w-]{9}[msn][\w-]{3}$/), { maxLength: 100 })
        .map((entries) => `${sent(new SyncState())}${entries.join('')}`),
    );
    fc.assert(
      fc.property(garbage, fc.boolean(), (text, named) => {
        const state = read(named ? `n90s=${text}` : text);
        expect(state.size).toBeLessThanOrEqual(MAX_ENTRIES);
        for (const [, { minute }] of state.kept(nobody)) {
          expect(minute).toBeGreaterThanOrEqual(minuteOf(NOW - 90 * DAY_MS));
          expect(minute).toBeLessThanOrEqual(minuteOf(NOW) + 60);
        }
        expect(sent(state).length).toBeLessThanOrEqual('n90s='.length + 4 + MAX_ENTRIES * 13);
      }),
    );
  });

  it('of 65 partners and more loses those of the last priority first, and of these the oldest', () => {
    const many = fc.uniqueArray(
      fc.record({ id: fc.nat(999), ago: fc.nat(1000), priority: fc.integer({ min: 1, max: 11 }) }),
      {
        selector: ({ id }) => id,
        minLength: MAX_ENTRIES + 1,
        maxLength: 100,
      },
    );
    fc.assert(
      fc.property(many, (partners) => {
        const byKey = new Map(partners.map((partner) => [stateKey(`p${partner.id}`), partner]));
        const state = new SyncState();
        for (const [key, { ago }] of byKey) state.send(key, NOW - ago * MINUTE_MS);
        // The eleventh priority stands for partners that are registered no more.
        const priorityOf = (key: string) => {
          const priority = byKey.get(key)!.priority;
          return priority === 11 ? undefined : priority;
        };
        const kept = read(sent(state, priorityOf));
        expect(kept.size).toBe(MAX_ENTRIES);
        const worth = (key: string) => byKey.get(key)!.priority * 10_000 + byKey.get(key)!.ago;
        const stay = [...byKey.keys()].filter((key) => kept.get(key) !== undefined).map(worth);
        const gone = [...byKey.keys()].filter((key) => kept.get(key) === undefined).map(worth);
        expect(Math.max(...stay)).toBeLessThanOrEqual(Math.min(...gone));
      }),
      { numRuns: 50 },
    );
  });

  it.each<[string, string | undefined, number, bigint]>([
    ['another visitor’s', undefined, NOW, 8n],
    ['older than the visitor’s own cookie lives', undefined, NOW + 91 * DAY_MS, 7n],
    ['of the future', undefined, NOW - 2 * 3_600_000, 7n],
    ['called by a longer name', 'xn90s', NOW, 7n],
  ])('that is %s is none', (_, name, now, whose) => {
    const header = sent(stateOf([{ partner: 'acme', ago: 0, uid: 'u1' }]));
    expect(read(header).size).toBe(1);
    expect(read(name === undefined ? header : header.replace('n90s', name), now, visitorId(whose)).size).toBe(
      0,
    );
  });

  it('is none of a browser that is not known', () => {
    expect(cookie.read(sent(stateOf([{ partner: 'acme', ago: 0, uid: 'u1' }])), undefined, NOW).size).toBe(0);
  });
});

describe('a uid that comes', () => {
  const key = stateKey('acme');
  it('replaces another one, and not itself', () => {
    const state = new SyncState();
    expect(state.match(key, 'a', NOW)).toBe('matched');
    expect(state.match(key, 'a', NOW)).toBe('matched');
    expect(state.match(key, 'b', NOW)).toBe('replaced');
    state.send(key, NOW);
    expect(state.match(key, 'a', NOW)).toBe('replaced');
    state.delete(key, NOW);
    expect(state.match(key, 'b', NOW)).toBe('matched');
  });
});
