import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { exportedSet } from '../exported-set.ts';
import { readFates } from '../plan/losses.ts';
import type { Loss } from '../plan/stages.ts';
import { ACME, IDFA, World } from '../plan/world.testing.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const DAY = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY).toISOString();

/** A place as a hit has it: `US-WA`, `US` or nothing. */
type Place = string;

/** @returns whether a member that was seen at these places, the oldest first, leaves. */
async function leaves(
  places: readonly Place[],
  gate: { readonly forbidden?: readonly string[]; readonly regions?: readonly string[] },
): Promise<boolean> {
  const world = new World(clickhouse);
  const segment = world.segment('a');
  await world.consent(0);
  await world.link(0, 'acme', 'u0');
  await world.members(0, [0]);
  for (const place of places)
    await clickhouse.insert('hits', [
      {
        time: world.time(),
        visitor: world.visitor(0),
        hit: 1,
        country: place.slice(0, 2),
        region: place.length > 2 ? place : '',
        purposes: 0b1101,
        partners: ['acme'],
        origin: 'pixel',
      },
    ]);
  const { sql, params } = exportedSet(segment.id, world.segments[0]!.build, ACME, gate);
  return (await clickhouse.query(sql, params)).length === 1;
}

describe('a member leaves', () => {
  it.each<[string, Place[], Parameters<typeof leaves>[1]]>([
    ['from wherever, where nothing is forbidden', [], {}],
    ['from a country where it is not forbidden', ['FR'], { forbidden: ['US-WA'] }],
    ['from another region of the country', ['US-CA'], { forbidden: ['US-WA'] }],
    ['from a country that it is meant for', ['FR'], { regions: ['FR'] }],
    ['from one of the EEA', ['FR'], { regions: ['EEA'] }],
    ['from a region that it is meant for', ['US-CA'], { regions: ['US-CA'] }],
    ['where it is now, wherever it was before', ['DE', 'FR'], { regions: ['FR'] }],
  ])('%s', async (_, places, gate) => {
    expect(await leaves(places, gate)).toBe(true);
  });
});

describe('a member stays', () => {
  it.each<[string, Place[], Parameters<typeof leaves>[1]]>([
    ['where it is forbidden in its country', ['DE'], { forbidden: ['DE'] }],
    ['where it is forbidden in its region', ['US-WA'], { forbidden: ['US-WA'] }],
    ['where it was in such a region once', ['US-WA', 'US-CA'], { forbidden: ['US-WA'] }],
    ['where it may have been: only its country is known', ['US'], { forbidden: ['US-WA'] }],
    ['where not even that is known', ['', 'FR'], { forbidden: ['US-WA'] }],
    ['where nothing is known of it', [], { forbidden: ['DE'] }],
    ['where it is not meant for, though it was before', ['FR', 'DE'], { regions: ['FR'] }],
    ['of which no place is known, where it is meant for some', [], { regions: ['FR'] }],
    ['where it is meant for, and forbidden', ['DE'], { regions: ['EEA'], forbidden: ['DE'] }],
  ])('%s', async (_, places, gate) => {
    expect(await leaves(places, gate)).toBe(false);
  });
});

it('every member that stays has one reason, and who leaves is whom the set holds', async () => {
  const world = new World(clickhouse);
  world.segment('a');
  const everybody: ((number: number) => Promise<void>)[] = [
    async (n) => world.link(n, 'acme', `u${n}`),
    async (n) => world.link(n, 'idfa', `d${n}`),
    async (n) => world.withdraw(n),
    async (n) => world.consent(n, { purposes: 0b0101 }),
    async (n) => world.consent(n, { partners: ['other'] }),
    async () => undefined,
    async (n) => world.link(n, 'acme', ''),
    async (n) => world.consent(n, { origin: 'import' }),
    async (n) => world.link(n, 'acme', `u${n}`, { first: daysAgo(20), last: daysAgo(20) }),
    async (n) => {
      await world.link(n, 'acme', 'shared');
      await clickhouse.insert('set_aside', [
        {
          build: 1,
          source: 'acme',
          visitor: 0,
          uid: world.uid('shared'),
          reason: 'shared_uid',
          n: 1001,
          last: world.time(),
        },
      ]);
      await clickhouse.insert('identity_builds', [{ kind: 'set_aside', build: 1, time: world.time() }]);
    },
  ];
  for (const [number, does] of everybody.entries()) {
    await world.consent(number);
    await does(number);
  }
  const unknown = everybody.length;
  await world.members(0, [...everybody.keys(), unknown]);
  const recipient = { ...world.request(), freshDays: 14 };
  expect(await readFates(clickhouse, recipient)).toEqual([
    {
      segment: world.segments[0]!.id,
      members: everybody.length + 1,
      lost: {
        withdrawn: 1,
        not_consented: 2,
        vendor_not_consented: 1,
        no_id: 3,
        id_not_fresh: 1,
        id_set_aside: 1,
      },
    },
  ]);
  const { planned } = await world.planned({ freshDays: 14 });
  expect(planned.adds).toBe(2);
  const refused = {
    ...recipient,
    segments: [{ ...world.segments[0]!, refused: 'label_not_allowed' as const }],
  };
  expect((await readFates(clickhouse, refused))[0]!.lost).toMatchObject({
    withdrawn: 1,
    label_not_allowed: 2,
  });
  expect((await world.planned({ ...refused, run: planned.chunks + 1000 })).planned).toMatchObject({
    adds: 0,
    removes: 2,
  });
  const nowhere = { ...recipient, sources: [ACME, IDFA], regions: ['FR'] };
  expect((await readFates(clickhouse, nowhere))[0]!.lost).toMatchObject({ region_forbids: 2 });
});

/** What a visitor said, or was seen to allow. */
const word = fc.record({
  visitor: fc.nat(5),
  /** Of its moments; that a yes and a withdrawal are of one is the hard case. */
  at: fc.nat(3),
  withdrawn: fc.constantFrom(0, 0, 1),
  purposes: fc.constantFrom(0b1101, 0b1101, 0b0101),
  partners: fc.constantFrom<string[]>(['acme'], ['acme', 'other'], ['other'], []),
  origin: fc.constantFrom('pixel', 'web', 'import'),
});

it('of each visitor the newest word counts, of one moment the withdrawal, for the set and for the waterfall', async () => {
  const people = [...Array(6).keys()];
  const start = Date.now() - 3_600_000;
  await fc.assert(
    fc.asyncProperty(
      // Of one moment and kind ClickHouse keeps any.
      fc.uniqueArray(word, {
        maxLength: 20,
        selector: ({ visitor, at, withdrawn }) => `${visitor}/${at}/${withdrawn}`,
      }),
      async (words) => {
        const world = new World(clickhouse);
        const { id } = world.segment('a');
        if (words.length > 0)
          await clickhouse.insert(
            'consents',
            words.map(({ visitor, at, ...said }) => ({
              ...said,
              visitor: world.visitor(visitor),
              time: new Date(start + at).toISOString(),
            })),
          );
        for (const number of people) await world.link(number, 'acme', `u${number}`);
        await world.members(0, people);

        const expected = people.map((number): Loss | 'leaves' => {
          const newest = words
            .filter(({ visitor }) => visitor === number)
            .sort((a, b) => b.at - a.at || b.withdrawn - a.withdrawn)[0];
          if (newest === undefined) return 'not_consented';
          if (newest.withdrawn === 1) return 'withdrawn';
          if (newest.purposes !== 0b1101) return 'not_consented';
          if (!newest.partners.includes('acme')) return 'vendor_not_consented';
          return newest.origin === 'import' ? 'no_id' : 'leaves';
        });
        const lost: Partial<Record<Loss, number>> = {};
        for (const reason of expected) if (reason !== 'leaves') lost[reason] = (lost[reason] ?? 0) + 1;
        expect(await readFates(clickhouse, world.request())).toEqual([
          { segment: id, members: people.length, lost },
        ]);
        const { sql, params } = exportedSet(id, world.segments[0]!.build, ACME);
        const rows = await clickhouse.query<{ uid: string }>(`${sql} ORDER BY uid`, params);
        expect(rows.map(({ uid }) => uid)).toEqual(
          people.filter((n) => expected[n] === 'leaves').map((n) => world.uid(`u${n}`)),
        );
      },
    ),
    { numRuns: 12 },
  );
});
