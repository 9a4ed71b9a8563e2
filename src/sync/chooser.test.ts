import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partnerOf } from '../collect/front.testing.ts';
import { granted } from '../consent/decision.ts';
import { choose } from './chooser.ts';
import { SyncState } from './state.ts';
import { type SyncTarget, SyncTargets } from './target.ts';
import { verdictOn } from './verdict.ts';

const NOW = Date.UTC(2026, 10, 20, 12);

/** A partner as the property makes it: what of it can be synced, and whether it should. */
const partner = fc.record({
  id: fc.integer({ min: 0, max: 30 }).map((n) => `p${n}`),
  priority: fc.integer({ min: 1, max: 10 }),
  image: fc.boolean(),
  iframe: fc.boolean(),
  consented: fc.boolean(),
  matched: fc.option(fc.integer({ min: 0, max: 30 })),
});
const world = fc.record({
  partners: fc.uniqueArray(partner, { selector: ({ id }) => id, maxLength: 20 }),
  bidders: fc.array(
    fc.integer({ min: 0, max: 40 }).map((n) => `p${n}`),
    { maxLength: 30 },
  ),
  coopSync: fc.boolean(),
  limit: fc.integer({ min: 1, max: 32 }),
  types: fc.record({ image: fc.boolean(), iframe: fc.boolean() }),
});

describe('of partners to sync with', () => {
  it('never more than the limit are chosen, none twice, none that is filtered, fresh or refused, and by priority', () => {
    fc.assert(
      fc.property(world, ({ partners, bidders, coopSync, limit, types }) => {
        const url = (id: string, kind: string) => `https://${id}.test/${kind}?r={{.RedirectURL}}`;
        const targets = new SyncTargets(
          partners.map(({ id, priority, image, iframe }) =>
            partnerOf(id, {
              priority,
              freshDays: 14,
              ...(image ? { syncUrl: url(id, 'i') } : {}),
              ...(iframe ? { iframeUrl: url(id, 'f') } : {}),
            }),
          ),
        );
        const state = new SyncState();
        for (const { id, matched } of partners)
          if (matched !== null) state.match(targets.get(id)!.key, 'u', NOW - matched * 86_400_000);
        const allowed = partners.filter(({ consented }) => consented).map(({ id }) => id);
        const decision = granted(781, allowed, 'yes', () => 'no_partner_consent');
        const judge = (target: SyncTarget) => verdictOn(target, decision, state, types, NOW);
        const { chosen, evaluations } = choose({ bidders, coopSync, limit }, targets, judge);

        const ids = chosen.map(({ target }) => target.partner.id);
        const may = partners.filter(
          ({ image, iframe, consented, matched }) =>
            consented &&
            ((types.image && image) || (types.iframe && iframe)) &&
            (matched === null || matched >= 14),
        );
        const known = new Map(may.map((one) => [one.id, one]));
        expect(ids.length).toBeLessThanOrEqual(limit);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(known.has(id)).toBe(true);
        for (const { url: by } of chosen) expect(types[by.type]).toBe(true);
        // As many as there are, up to the limit.
        const open = bidders.length === 0 || coopSync;
        const wanted = may.filter(({ id }) => open || bidders.includes(id));
        expect(ids.length).toBe(Math.min(limit, wanted.length));
        // Who was named comes first; the others follow by their priority.
        const named = ids.filter((id) => bidders.includes(id));
        expect(ids.slice(0, named.length)).toEqual(named);
        const rest = ids.slice(named.length).map((id) => known.get(id)!.priority);
        expect(rest).toEqual([...rest].sort((a, b) => a - b));
        const left = wanted.filter(({ id }) => !ids.includes(id) && !bidders.includes(id));
        for (const { priority } of left) expect(priority).toBeGreaterThanOrEqual(rest.at(-1) ?? 0);
        // Every name has one outcome.
        const evaluated = evaluations.map(({ bidder }) => bidder);
        expect(new Set(evaluated).size).toBe(evaluated.length);
        for (const bidder of bidders) expect(evaluated).toContain(bidder);
        expect(evaluations.filter(({ outcome }) => outcome === 'sent').map(({ bidder }) => bidder)).toEqual(
          ids,
        );
      }),
    );
  });

  it('those of one group take turns', () => {
    const targets = new SyncTargets(
      ['a', 'b', 'c'].map((id) => partnerOf(id, { syncUrl: `https://${id}.test/?u=$UID` })),
    );
    const decision = granted(781, ['a', 'b', 'c']);
    const firsts = Array.from({ length: 200 }, () => {
      const judge = (target: SyncTarget) =>
        verdictOn(target, decision, new SyncState(), { image: true, iframe: true }, NOW);
      return choose({ bidders: [], coopSync: false, limit: 1 }, targets, judge).chosen[0]!.target.partner.id;
    });
    // That one of three is never first in 200 turns has a chance of one in 10^35.
    expect(new Set(firsts).size).toBe(3);
  });
});
