import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ClickHouse } from '../src/clickhouse/client.ts';
import { migrate } from '../src/clickhouse/schema.ts';
import type { Cursor } from '../src/delivery/cursor.ts';
import type { Source } from '../src/delivery/exported-set.ts';
import { pull } from '../src/delivery/pull.ts';
import { visitorId } from '../src/identity/visitor.ts';
import { Leases } from '../src/jobs/lease.ts';
import type { Change } from './client.ts';
import { freshDatabase } from './engine.ts';

const VISITORS = 4;
const FLOOR = 2;
const HISTORIES = 6;

/** What can happen to a segment and to those in it. */
type Event =
  | { readonly what: 'build'; readonly members: readonly number[] }
  | { readonly what: 'consent'; readonly who: number; readonly handOut: boolean; readonly partner: boolean }
  | { readonly what: 'withdrawal'; readonly who: number }
  /** An empty uid is a deleted match. */
  | { readonly what: 'match'; readonly who: number; readonly uid: string }
  | { readonly what: 'device'; readonly who: number; readonly uid: string }
  | { readonly what: 'pull'; readonly reader: 0 | 1; readonly as: 'visitor' | 'device' | 'partner' };

const who = fc.nat(VISITORS - 1);
// Few ids, so that one passes from visitor to visitor and two share one.
const uid = fc.constantFrom('u1', 'u2', 'u3');
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('build' as const), members: fc.subarray([0, 1, 2, 3]) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('consent' as const),
      who,
      handOut: fc.boolean(),
      partner: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('withdrawal' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('match' as const), who, uid: fc.oneof(uid, fc.constant('')) }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('device' as const), who, uid }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('pull' as const),
      reader: fc.constantFrom(0 as const, 1 as const),
      as: fc.constantFrom('visitor' as const, 'device' as const, 'partner' as const),
    }),
  },
);

const database = await freshDatabase();
const clickhouse = new ClickHouse(database);
const leases = new Leases(clickhouse, 'test');
beforeAll(() => migrate(clickhouse, 90));
afterAll(() => clickhouse.close());

/** A world of its own: ids that no other history has, and a clock on which no two events coincide. */
class History {
  readonly #segment: string;
  readonly #partner: string;
  readonly #first: bigint;
  #time: number;
  #build = 0;
  #members: readonly number[] = [];
  readonly #allows = Array.from({ length: VISITORS }, () => ({ handOut: true, partner: true }));
  readonly #match = new Map<number, string>();
  readonly #devices = new Map<number, Set<string>>();
  /** What each reader holds, and its cursor, by kind of id. */
  readonly #held = new Map<string, { ids: Set<string>; cursor: Cursor | undefined }>();

  constructor(number: number) {
    this.#segment = `segment${number}`;
    this.#partner = `partner${number}`;
    this.#first = BigInt(number) * 1000n;
    this.#time = Date.now() - 3_600_000;
  }

  async begin(): Promise<void> {
    for (let visitor = 0; visitor < VISITORS; visitor++) {
      await this.happen({ what: 'consent', who: visitor, handOut: true, partner: true });
      await this.happen({ what: 'match', who: visitor, uid: `m${visitor}` });
      await this.happen({ what: 'device', who: visitor, uid: `d${visitor}` });
    }
    await this.happen({ what: 'build', members: [0, 1, 2, 3] });
  }

  async happen(event: Event): Promise<void> {
    const time = new Date(++this.#time).toISOString();
    switch (event.what) {
      case 'build': {
        this.#members = event.members;
        this.#build += 1;
        const rows = event.members.map((member) => ({
          build: this.#build,
          segment: this.#segment,
          visitor: String(this.#visitor(member)),
          seen: time,
        }));
        if (rows.length > 0) await clickhouse.insert('members', rows);
        return;
      }
      case 'consent': {
        const { handOut, partner } = event;
        this.#allows[event.who] = { handOut, partner };
        return this.#consent(event.who, time, 0, handOut ? 0b1101 : 0b101, partner ? [this.#partner] : []);
      }
      case 'withdrawal':
        this.#allows[event.who] = { handOut: false, partner: false };
        return this.#consent(event.who, time, 1, 0, []);
      case 'match':
        this.#match.set(event.who, event.uid);
        return this.#link(this.#partner, event.who, event.uid, time);
      case 'device':
        this.#devices.set(event.who, (this.#devices.get(event.who) ?? new Set()).add(event.uid));
        return this.#link('generic', event.who, event.uid, time);
      case 'pull':
        return this.#read(event.reader, event.as);
    }
  }

  /** Brings every reader above the floor and lets each pull once more. */
  async end(): Promise<void> {
    await this.happen({ what: 'build', members: [0, 1, 2] });
    for (const reader of [0, 1] as const)
      for (const as of ['visitor', 'device', 'partner'] as const) await this.#read(reader, as);
  }

  async #read(reader: number, as: 'visitor' | 'device' | 'partner'): Promise<void> {
    const name = `${reader}/${as}`;
    const held = this.#held.get(name) ?? { ids: new Set<string>(), cursor: undefined };
    this.#held.set(name, held);
    const delta = await this.#pull(as, held.cursor);
    for (const { id, op } of delta.lines) {
      if (op === 'add') held.ids.add(id);
      else held.ids.delete(id);
    }
    held.cursor = delta.cursor;
    const truth = this.#exported(as);
    if (this.#members.length >= FLOOR) {
      expect(sorted(held.ids)).toEqual(sorted(truth));
      const whole = (await this.#pull(as, undefined)).lines;
      expect(whole.every(({ op }) => op === 'add')).toBe(true);
      expect(whole.map(({ id }) => id).sort()).toEqual(sorted(truth));
    } else {
      expect(delta.lines.filter(({ op }) => op === 'add')).toEqual([]);
      expect(sorted(held.ids).filter((id) => !truth.has(id))).toEqual([]);
    }
  }

  async #pull(as: 'visitor' | 'device' | 'partner', cursor: Cursor | undefined) {
    const source: Source =
      as === 'visitor'
        ? { kind: 'visitor', id: 'visitor' }
        : as === 'device'
          ? { kind: 'device', id: 'generic' }
          : { kind: 'partner', id: this.#partner };
    const answer = await pull(clickhouse, leases, {
      segment: this.#segment,
      build: this.#build,
      size: this.#members.length,
      source,
      since: cursor,
      format: 'ndjson',
      minAudience: FLOOR,
      abort: new AbortController().signal,
    });
    const lines = (await text(answer.lines)).split('\n').filter((line) => line !== '');
    return { cursor: answer.cursor, lines: lines.map((line) => JSON.parse(line) as Change) };
  }

  /** Who would be handed out now, reckoned from what happened. */
  #exported(as: 'visitor' | 'device' | 'partner'): Set<string> {
    const ids = this.#members
      .filter((member) => this.#allows[member]!.handOut)
      .flatMap((member) => {
        if (as === 'visitor') return [visitorId(this.#visitor(member))];
        // The device ids of all histories have one type, so each has its history's number in it.
        if (as === 'device')
          return [...(this.#devices.get(member) ?? [])].map((device) => this.#device(device));
        const matched = this.#match.get(member);
        return this.#allows[member]!.partner && matched ? [matched] : [];
      });
    return new Set(ids);
  }

  #visitor = (member: number) => this.#first + BigInt(member) + 1n;
  #device = (device: string) => `${this.#segment}-${device}`;

  async #consent(member: number, time: string, withdrawn: 0 | 1, purposes: number, partners: string[]) {
    const visitor = String(this.#visitor(member));
    await clickhouse.insert('consents', [{ visitor, time, withdrawn, purposes, partners, origin: 'pixel' }]);
  }

  async #link(source: string, member: number, id: string, time: string) {
    const stored = source === 'generic' ? this.#device(id) : id;
    const visitor = String(this.#visitor(member));
    await clickhouse.insert('links', [{ source, visitor, uid: stored, first: time, last: time }]);
  }
}

const sorted = (ids: ReadonlySet<string>) => [...ids].sort();

describe('pulls through any history', () => {
  it('give, applied one after the other, what a full pull gives; and below the floor only removals', async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 8, maxLength: 24, size: 'max' }), async (events) => {
        number += 1;
        const history = new History(number);
        await history.begin();
        for (const one of events) await history.happen(one);
        await history.end();
      }),
      { numRuns: HISTORIES },
    );
  });
});
