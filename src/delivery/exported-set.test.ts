import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { visitorId } from '../identity/visitor.ts';
import { exportedSet, type Source } from './exported-set.ts';

const clickhouse = new ClickHouse(await freshDatabase());
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const DAY = 86_400_000;
const TODAY = Math.floor(Date.now() / DAY) * DAY;
const at = (days: number, ms = 0) => new Date(TODAY - days * DAY + ms).toISOString();
const day = (days: number) => at(days).slice(0, 10);

const VISITOR: Source = { kind: 'visitor', id: 'visitor' };
const IDFA: Source = { kind: 'device', id: 'idfa' };
const ACME: Source = { kind: 'partner', id: 'acme' };
const YES = 0b1101;

interface Person {
  /** The states of consent, the oldest first. */
  readonly consents?: readonly {
    readonly days?: number;
    readonly ms?: number;
    readonly withdrawn?: number;
    readonly purposes?: number;
    readonly partners?: readonly string[];
    readonly origin?: string;
  }[];
  readonly links?: readonly {
    readonly source: string;
    readonly uid: string;
    readonly days?: number;
    readonly ms?: number;
    /** How many days ago an upload told of it. */
    readonly told?: number;
  }[];
  readonly seen?: number;
  readonly build?: number;
  /** How many days ago the device itself, which is a visitor of its own in an app, has said no. */
  readonly deviceSaidNo?: number;
}

let visitors = 0n;

/** @returns the exported set of a segment of its own that holds one person, as `uid day`. */
async function exported(person: Person, source: Source): Promise<string[]> {
  const visitor = String(++visitors);
  const segment = `segment${visitor}`;
  await clickhouse.insert('members', [
    { build: person.build ?? 1, segment, visitor, seen: at(person.seen ?? 0) },
  ]);
  for (const { days = 0, ms = 0, ...consent } of person.consents ?? [{}])
    await clickhouse.insert('consents', [
      {
        visitor,
        time: at(days, ms),
        withdrawn: 0,
        purposes: YES,
        partners: ['acme'],
        origin: 'pixel',
        ...consent,
      },
    ]);
  const own = String(++visitors);
  for (const { source: from, uid, days = 0, ms = 0, told } of person.links ?? [])
    await clickhouse.insert('links', [
      {
        source: from,
        visitor,
        uid,
        own,
        first: at(days, ms),
        last: at(days, ms),
        ...(told === undefined ? {} : { told: at(told) }),
      },
    ]);
  if (person.deviceSaidNo !== undefined)
    await clickhouse.insert('consents', [
      { visitor: own, time: at(person.deviceSaidNo), withdrawn: 1, purposes: 0, partners: [], origin: 'api' },
    ]);
  const { sql, params } = exportedSet(segment, 1, source);
  const rows = await clickhouse.query<{ uid: string; observed: string }>(sql, params);
  return rows
    .map(({ uid, observed }) => `${uid === visitorId(BigInt(visitor)) ? 'self' : uid} ${observed}`)
    .sort();
}

const device = { source: 'idfa', uid: 'd1' };
const match = { source: 'acme', uid: 'u1' };

describe('a member leaves', () => {
  it.each<[string, Person, Source, string[]]>([
    ['as our visitor', {}, VISITOR, [`self ${day(0)}`]],
    [
      'under each device id',
      { links: [device, { ...device, uid: 'd2' }] },
      IDFA,
      [`d1 ${day(0)}`, `d2 ${day(0)}`],
    ],
    ['under the partner’s id', { links: [match] }, ACME, [`u1 ${day(0)}`]],
    [
      'under a device id that said no before it was seen with the visitor again',
      { links: [device], deviceSaidNo: 1 },
      IDFA,
      [`d1 ${day(0)}`],
    ],
    [
      'as our visitor, whatever a device of theirs says',
      { links: [device], deviceSaidNo: 0 },
      VISITOR,
      [`self ${day(0)}`],
    ],
    ['counted from the day it was seen', { seen: 5 }, VISITOR, [`self ${day(5)}`]],
    [
      'counted from the day of the link, where that is older',
      { links: [{ ...match, days: 7 }] },
      ACME,
      [`u1 ${day(7)}`],
    ],
    [
      'under the newest id with a partner alone',
      {
        links: [
          { ...match, days: 2 },
          { ...match, uid: 'u2', days: 1 },
        ],
      },
      ACME,
      [`u2 ${day(1)}`],
    ],
    [
      'under the id that was uploaded since, counted from when the visitor was seen',
      {
        links: [
          { ...match, days: 2 },
          { ...match, uid: 'u2', days: 2, told: 1 },
        ],
      },
      ACME,
      [`u2 ${day(2)}`],
    ],
    [
      'under the id that was seen since an upload',
      {
        links: [
          { ...match, days: 3, told: 2 },
          { ...match, uid: 'u2', days: 1 },
        ],
      },
      ACME,
      [`u2 ${day(1)}`],
    ],
    [
      'again after a withdrawal that a consent took back',
      { consents: [{ days: 2 }, { days: 1, withdrawn: 1, purposes: 0, partners: [] }, {}] },
      VISITOR,
      [`self ${day(0)}`],
    ],
    [
      'for reckoning, where it is an imported log’s',
      { consents: [{ origin: 'import' }] },
      VISITOR,
      [`self ${day(0)}`],
    ],
  ])('%s', async (_, person, source, set) => {
    expect(await exported(person, source)).toEqual(set);
  });
});

describe('a member stays', () => {
  const linked = { links: [device, match] };
  const everywhere: [string, Person][] = [
    [
      'that has withdrawn',
      { ...linked, consents: [{ days: 1 }, { withdrawn: 1, purposes: 0, partners: [] }] },
    ],
    [
      'that withdrew in the millisecond of a yes',
      { ...linked, consents: [{ ms: 5 }, { ms: 5, withdrawn: 1, purposes: 0, partners: [] }] },
    ],
    ['without purpose 4', { ...linked, consents: [{ purposes: 0b0101 }] }],
    [
      'whose newest state lacks purpose 4',
      { ...linked, consents: [{ days: 1 }, { purposes: 0b0101, partners: [] }] },
    ],
    ['of whose consent nothing is known', { ...linked, consents: [] }],
    ['whose consent is past the retention', { ...linked, consents: [{ days: 90 }] }],
    ['last seen before the retention', { ...linked, seen: 90 }],
    ['of another build', { ...linked, build: 2 }],
  ];
  it.each(everywhere)('%s', async (_, person) => {
    for (const source of [VISITOR, IDFA, ACME]) expect(await exported(person, source)).toEqual([]);
  });

  it.each<[string, Person, Source]>([
    ['without the partner’s consent', { ...linked, consents: [{ partners: ['other'] }] }, ACME],
    ['of an imported log, to a partner', { ...linked, consents: [{ origin: 'import' }] }, ACME],
    ['of an imported log, under a device id', { ...linked, consents: [{ origin: 'import' }] }, IDFA],
    ['without a match', { links: [device] }, ACME],
    ['with another partner’s id', { links: [{ ...match, source: 'other' }] }, ACME],
    ['without a device id', { links: [match] }, IDFA],
    ['with a device that has said no since', { links: [{ ...device, days: 2 }], deviceSaidNo: 1 }, IDFA],
    [
      'with a device that said no in the same millisecond',
      { links: [{ ...device, days: 1 }], deviceSaidNo: 1 },
      IDFA,
    ],
    ['with a device id of another type', { links: [{ ...device, source: 'gaid' }] }, IDFA],
    [
      'whose match was deleted',
      {
        links: [
          { ...match, days: 1 },
          { ...match, uid: '' },
        ],
      },
      ACME,
    ],
    [
      'whose match was deleted in its own millisecond',
      {
        links: [
          { ...match, ms: 3 },
          { ...match, uid: '', ms: 3 },
        ],
      },
      ACME,
    ],
    ['whose link is past the retention', { links: [{ ...match, days: 90 }] }, ACME],
    [
      'whose link is past it, though it was uploaded since',
      { links: [{ ...match, days: 90, told: 0 }] },
      ACME,
    ],
  ])('%s', async (_, person, source) => {
    expect(await exported(person, source)).toEqual([]);
  });

  it('from a partner that was registered after it was last seen', async () => {
    const before = { consents: [{ days: 1, partners: [] }], links: [match] };
    expect(await exported(before, ACME)).toEqual([]);
    expect(
      await exported({ ...before, consents: [...before.consents, { partners: ['acme'] }] }, ACME),
    ).toEqual([`u1 ${day(0)}`]);
  });
});
