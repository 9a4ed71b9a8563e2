import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { visitorId } from '../identity/visitor.ts';
import { Leases } from '../jobs/lease.ts';
import { CursorAheadError, readCursor, writeCursor } from './cursor.ts';
import type { Source } from './exported-set.ts';
import { type Format, pull } from './pull.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const leases = new Leases(clickhouse, 'test');
beforeAll(async () => void (await migrate(clickhouse, 90)));
afterAll(() => clickhouse.close());

const DAY = 86_400_000;
const ACME: Source = { kind: 'partner', id: 'acme' };
const VISITOR: Source = { kind: 'visitor', id: 'visitor' };

let segments = 0;
let visitors = 0n;

/** A segment whose members and their ids a test sets build by build. */
class Audience {
  readonly id = `segment${++segments}`;
  #build = 0;
  #size = 0;
  #time = Date.now() - DAY;

  /** @returns the visitors, one for each uid, who are linked to it. */
  async people(uids: readonly string[]): Promise<bigint[]> {
    const found: bigint[] = [];
    for (const uid of uids) {
      const visitor = ++visitors;
      found.push(visitor);
      await this.consent(visitor);
      await this.link(visitor, uid);
    }
    return found;
  }

  consent(visitor: bigint, state: object = {}): Promise<void> {
    const row = {
      visitor: String(visitor),
      time: this.#now(),
      withdrawn: 0,
      purposes: 0b1101,
      partners: ['acme'],
    };
    return clickhouse.insert('consents', [{ ...row, origin: 'pixel', ...state }]);
  }

  link(visitor: bigint, uid: string): Promise<void> {
    const now = this.#now();
    return clickhouse.insert('links', [
      { source: 'acme', visitor: String(visitor), uid, first: now, last: now },
    ]);
  }

  async build(members: readonly bigint[], seen = Date.now()): Promise<void> {
    this.#build += 1;
    this.#size = members.length;
    const rows = members.map((visitor) => ({
      build: this.#build,
      segment: this.id,
      visitor: String(visitor),
      seen: new Date(seen).toISOString(),
    }));
    if (rows.length > 0) await clickhouse.insert('members', rows);
  }

  async raw(since?: string, options: { source?: Source; format?: Format; minAudience?: number } = {}) {
    const answer = await pull(clickhouse, leases, {
      segment: this.id,
      build: this.#build,
      size: this.#size,
      source: ACME,
      since: since === undefined ? undefined : readCursor(since),
      format: 'ndjson',
      minAudience: 0,
      abort: new AbortController().signal,
      ...options,
    });
    return { cursor: answer.cursor, body: await text(answer.lines) };
  }

  /** As `+id` and `-id`, sorted. */
  async pull(since?: string, options: { source?: Source; minAudience?: number } = {}) {
    const { cursor, body } = await this.raw(since, options);
    const lines = body.split('\n').filter((line) => line !== '');
    const changes = lines.map((line) => JSON.parse(line) as { id: string; op: string });
    return { cursor, changes: changes.map(({ id, op }) => `${op === 'add' ? '+' : '-'}${id}`).sort() };
  }

  #now = () => new Date(++this.#time).toISOString();
}

describe('changes since a cursor', () => {
  it('are what entered and what left, whatever the cause', async () => {
    const audience = new Audience();
    const [a, b, c, d] = (await audience.people(['ua', 'ub', 'uc', 'ud'])) as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    await audience.build([a, b, c, d]);
    const first = await audience.pull();
    expect(first.changes).toEqual(['+ua', '+ub', '+uc', '+ud']);
    expect((await audience.pull(first.cursor)).changes).toEqual([]);

    await audience.link(a, 'ua2');
    await audience.link(b, '');
    await audience.consent(c, { withdrawn: 1, purposes: 0, partners: [] });
    await audience.consent(d, { partners: [] });
    const [e] = (await audience.people(['ue'])) as [bigint];
    await audience.build([a, b, c, d, e]);
    const second = await audience.pull(first.cursor);
    expect(second.changes).toEqual(['+ua2', '+ue', '-ua', '-ub', '-uc', '-ud']);
    expect((await audience.pull(second.cursor)).changes).toEqual([]);

    await audience.build([]);
    expect((await audience.pull(second.cursor)).changes).toEqual(['-ua2', '-ue']);
    expect((await audience.pull(first.cursor)).changes).toEqual(['-ua', '-ub', '-uc', '-ud']);
    expect((await audience.pull()).changes).toEqual([]);
  });

  it('are each reader’s own', async () => {
    const audience = new Audience();
    const [a, b] = (await audience.people(['ua', 'ub'])) as [bigint, bigint];
    await audience.build([a]);
    const early = await audience.pull();
    await audience.build([a, b]);
    const late = await audience.pull();
    expect(late.changes).toEqual(['+ua', '+ub']);
    await audience.build([b]);
    expect((await audience.pull(late.cursor)).changes).toEqual(['-ua']);
    expect((await audience.pull(early.cursor)).changes).toEqual(['+ub', '-ua']);
  });

  it('are of one kind of id', async () => {
    const audience = new Audience();
    const [a] = (await audience.people(['ua'])) as [bigint];
    await audience.build([a]);
    expect((await audience.pull(undefined, { source: VISITOR })).changes).toEqual([`+${visitorId(a)}`]);
    expect((await audience.pull()).changes).toEqual(['+ua']);
  });

  it('keep an id that two visitors have until both are gone', async () => {
    const audience = new Audience();
    const [a, b] = (await audience.people(['shared', 'shared'])) as [bigint, bigint];
    await audience.build([a, b]);
    const first = await audience.pull();
    expect(first.changes).toEqual(['+shared']);
    await audience.build([b]);
    expect((await audience.pull(first.cursor)).changes).toEqual([]);
    await audience.build([]);
    expect((await audience.pull(first.cursor)).changes).toEqual(['-shared']);
  });

  it('come whole to each of several who pull at once', async () => {
    const audience = new Audience();
    const people = await audience.people(['ua', 'ub', 'uc']);
    await audience.build(people);
    const pulls = await Promise.all(Array.from({ length: 6 }, () => audience.pull()));
    for (const { changes } of pulls) expect(changes).toEqual(['+ua', '+ub', '+uc']);
    expect(new Set(pulls.map(({ cursor }) => cursor)).size).toBe(6);
    const { n } = (
      await clickhouse.query<{ n: string }>('SELECT count() AS n FROM exports WHERE segment = {id:String}', {
        id: audience.id,
      })
    )[0]!;
    expect(n).toBe('3');
  });

  it('keep a row as long as its newest observation', async () => {
    const audience = new Audience();
    const people = await audience.people(['ua']);
    await audience.build(people, Date.now() - 10 * DAY);
    await audience.pull();
    await audience.build(people);
    await audience.pull();
    const rows = await clickhouse.query<{ op: string; days: number }>(
      "SELECT op, dateDiff('day', observed, today()) AS days FROM exports WHERE segment = {id:String} ORDER BY seq",
      { id: audience.id },
    );
    expect(rows.map(({ op }) => op)).toEqual(['add', 'add']);
    expect(Number(rows[0]?.days)).toBe(10);
    expect(Number(rows[1]?.days)).toBeLessThanOrEqual(1);
  });

  it('are refused to a cursor of a log that is no more', async () => {
    const audience = new Audience();
    await audience.build(await audience.people(['ua']));
    const ahead = { segment: audience.id, source: 'acme', seq: 2 ** 53 - 1, removals: 0, issued: Date.now() };
    await expect(audience.pull(writeCursor(ahead))).rejects.toThrow(CursorAheadError);
    expect((await audience.pull()).changes).toEqual(['+ua']);
  });
});

describe('below the floor', () => {
  const floor = { minAudience: 3 };

  it('no add leaves and each removal does; what was held back comes later', async () => {
    const audience = new Audience();
    const [a, b, c, d] = (await audience.people(['ua', 'ub', 'uc', 'ud'])) as [
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    await audience.build([a, b]);
    const small = await audience.pull(undefined, floor);
    expect(small.changes).toEqual([]);
    await audience.build([a, b, c]);
    const enough = await audience.pull(small.cursor, floor);
    expect(enough.changes).toEqual(['+ua', '+ub', '+uc']);
    await audience.build([c, d]);
    const fewer = await audience.pull(enough.cursor, floor);
    expect(fewer.changes).toEqual(['-ua', '-ub']);
    expect((await audience.pull(undefined, floor)).changes).toEqual([]);
    await audience.build([a, c, d]);
    expect((await audience.pull(fewer.cursor, floor)).changes).toEqual(['+ua', '+ud']);
  });

  it('exactly at it everybody leaves', async () => {
    const audience = new Audience();
    await audience.build(await audience.people(['ua', 'ub', 'uc']));
    expect((await audience.pull(undefined, floor)).changes).toHaveLength(3);
  });
});

describe('the formats', () => {
  const hostile = [
    'plain',
    'a,b',
    'a"b',
    "a'b",
    'a\\b',
    'a\\tb',
    '\\N',
    '"',
    '=1+1',
    'a/b',
    '<i>',
    '{"id":1}',
  ];
  const lines = (body: string) => body.split('\n').slice(0, -1);
  const sorted = (ids: readonly string[]) => [...ids].sort();
  let audience: Audience;
  beforeAll(async () => {
    audience = new Audience();
    await audience.build(await audience.people(hostile));
  });

  it('NDJSON: an object a line', async () => {
    const { body } = await audience.raw();
    const read = lines(body).map((line) => JSON.parse(line) as { id: string; op: string });
    expect(sorted(read.map(({ id }) => id))).toEqual(sorted(hostile));
    for (const row of read) expect(row).toEqual({ id: row.id, op: 'add' });
  });

  it('CSV: quoted as RFC 4180 has it, under a line of names', async () => {
    const [names, ...rows] = lines((await audience.raw(undefined, { format: 'csv' })).body);
    expect(names).toBe('"id","op"');
    const ids = rows.map((row) => /^"((?:[^"]|"")*)","add"$/.exec(row)?.[1]?.replaceAll('""', '"'));
    expect(sorted(ids.map(String))).toEqual(sorted(hostile));
  });

  it('TSV: escaped with backslashes, under a line of names', async () => {
    const [names, ...rows] = lines((await audience.raw(undefined, { format: 'tsv' })).body);
    expect(names).toBe('id\top');
    const ids = rows.map((row) => {
      const [id = '', op, ...rest] = row.split('\t');
      expect([op, rest]).toEqual(['add', []]);
      return id.replace(/\\(.)/g, '$1');
    });
    expect(sorted(ids)).toEqual(sorted(hostile));
  });
});

it('an answer that fails midway breaks off, so that half of it is never taken for the whole', async () => {
  const stream = await clickhouse.stream(
    "SELECT toString(number) AS id, if(throwIf(number = 3000000) = 0, 'add', '') AS op FROM numbers(4000000) SETTINGS max_threads = 1",
    {},
    'JSONEachRow',
  );
  await expect(text(stream)).rejects.toThrow();
});
