import { createHash } from 'node:crypto';
import { buffer, text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { visitorId } from '../identity/visitor.ts';
import { Leases } from '../jobs/lease.ts';
import { type Cursor, CursorAheadError, Cursors } from './cursor.ts';
import type { Source } from './exported-set.ts';
import { floorsAt } from './floors.ts';
import type { Format } from './formats/formats.ts';
import { pull, pullSets, type Receipt } from './pull.ts';

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

  async raw(since?: Cursor, options: Partial<Parameters<typeof pull>[2]> = {}) {
    let receipt: Receipt | undefined;
    const request = {
      segment: this.id,
      build: this.#build,
      size: this.#size,
      source: ACME,
      since,
      format: 'ndjson' as const,
      minAudience: 0,
      abort: new AbortController().signal,
      ...options,
    };
    const answer = await pull(clickhouse, leases, request, (told) => {
      receipt = told;
    });
    const bytes = await buffer(answer.lines);
    return { cursor: answer.cursor, bytes, body: bytes.toString(), receipt: receipt! };
  }

  /** As `+id` and `-id`, sorted. */
  async pull(since?: Cursor, options: { source?: Source; minAudience?: number } = {}) {
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
    expect(new Set(pulls.map(({ cursor }) => cursor.seq)).size).toBe(6);
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
    const place = { segment: audience.id, source: 'acme', asOf: 0, issued: Date.now() };
    const ahead = { ...place, seq: 2 ** 53 - 1 };
    await expect(audience.pull(ahead)).rejects.toThrow(CursorAheadError);
    await expect(audience.raw(undefined, { at: ahead })).rejects.toThrow(CursorAheadError);
    expect((await audience.pull()).changes).toEqual(['+ua']);
  });
});

describe('below the floor', () => {
  const floor = { minAudience: 3 };

  it('of thousands of sets that were all come above it; the cursor is no longer for 12,000 of them', async () => {
    const of = { segment: '', source: 'many/' };
    const names = Array.from({ length: 12_000 }, (_, n) => ({ segment: `many${n}`, source: 'many/acme' }));
    const now = new Date().toISOString();
    const known = { build: 1, rule: '{}', aside: 0, aside_rows: 0, looked: 0, whole: 0, time: now };
    await clickhouse.insert('upkeeps', [
      ...names.map((name) => ({ ...name, ...known, seq: 1, below: true })),
      // One was not below it before, and has changed by nobody.
      ...names.map((name, n) => ({ ...name, ...known, seq: 2, below: n === 0 })),
      ...names.map((name) => ({ ...name, ...known, seq: 3, below: false })),
    ]);
    const uid = { uid: 'u', op: 'add', was: 'out', observed: now.slice(0, 10), seq: 1 };
    await clickhouse.insert(
      'exports',
      names.map((name) => ({ ...name, ...uid })),
    );
    const sets = names.slice(0, 3_000).map(({ segment, source: name }) => ({
      segment,
      name,
      source: ACME,
      build: 1,
      size: 10,
      gate: {},
    }));
    const place = { ...of, asOf: 0, issued: Date.now() };
    const floors = await floorsAt(clickhouse, { ...place, seq: 2 });
    const below = names.filter(({ segment, source: name }) => floors.wasBelow({ segment, name }));
    expect([floors.size, below]).toEqual([12_000, [names[0]]]);
    const read = async (seq: number) => {
      const since = { ...place, seq };
      const reading = { since, at: { ...since, seq: 3 }, format: 'tsv' as const, minAudience: 3 };
      const abort = new AbortController().signal;
      const { lines, cursor } = await pullSets(clickhouse, leases, { of, sets }, { ...reading, abort });
      expect(new Cursors('a secret').write(cursor).length).toBeLessThan(200);
      return (await text(lines)).split('\n').slice(1, -1);
    };
    expect(await read(1)).toHaveLength(sets.length);
    expect(await read(2)).toEqual(['many0\tacme\tu\tadd']);
  });

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
    // Who reads below the floor may have been told of nobody, so all come again.
    expect((await audience.pull(fewer.cursor, floor)).changes).toEqual(['+ua', '+uc', '+ud']);
  });

  it('no more leave than that where the members were made by a rule that is in force no more', async () => {
    const audience = new Audience();
    const [a, b, c] = (await audience.people(['ua', 'ub', 'uc'])) as [bigint, bigint, bigint];
    await audience.build([a, b]);
    const { cursor } = await audience.pull();
    await audience.build([b, c]);
    const held = await audience.raw(cursor, { ruleChanged: true });
    expect(held.body).toBe('{"id":"ua","op":"remove"}\n');
    expect((await audience.raw(undefined, { ruleChanged: true })).body).toBe('');
    expect((await audience.pull(held.cursor)).changes).toContain('+uc');
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
    // No formula for who opens it in a spreadsheet.
    const defended = hostile.map((id) => (id.startsWith('=') ? `'${id}` : id));
    expect(sorted(ids.map(String))).toEqual(sorted(defended));
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

describe('an answer that broke off', () => {
  const MANY = 40;
  let audience: Audience;
  let people: bigint[];
  beforeAll(async () => {
    audience = new Audience();
    people = await audience.people(Array.from({ length: MANY }, (_, n) => `id"${n}\\,`));
    await audience.build(people);
  });

  it.each<Format>(['ndjson', 'csv', 'tsv'])('is gone on with behind any line, as %s', async (format) => {
    const whole = await audience.raw(undefined, { format });
    // Whatever happens in between: the log is only added to.
    const [late] = (await audience.people(['late'])) as [bigint];
    await audience.build([late]);
    await audience.pull();
    const at = whole.cursor;
    const lines = whole.body.split('\n').slice(0, -1);
    const ids = (await audience.raw(undefined, { at })).body.split('\n').slice(0, -1);
    const head = lines.length - ids.length;
    expect(ids).toHaveLength(whole.receipt.count);
    for (const line of [0, 1, 20, ids.length - 1]) {
      const after = (JSON.parse(ids[line]!) as { id: string }).id;
      const rest = await audience.raw(undefined, { format, at, after });
      expect(rest.body.split('\n').slice(0, -1)).toEqual(lines.slice(head + line + 1));
      expect(rest.cursor).toEqual(whole.cursor);
      expect(rest.receipt.count).toBe(ids.length - line - 1);
    }
    await audience.build(people);
  });

  it('has the same bytes once more, and its receipt tells them', async () => {
    const first = await audience.raw();
    const again = await audience.raw(undefined, { at: first.cursor });
    expect(again.body).toBe(first.body);
    for (const { bytes, receipt } of [first, again]) {
      expect(receipt.sha256).toEqual(createHash('sha256').update(bytes).digest());
      expect(receipt).toMatchObject({ bytes: bytes.length, count: MANY });
    }
  });

  it('packed by ClickHouse has the same lines, as many as its receipt says', async () => {
    const plain = await audience.raw();
    const at = plain.cursor;
    const gzip = await audience.raw(undefined, { at, encoding: 'gzip' });
    expect(gunzipSync(gzip.bytes).toString()).toBe(plain.body);
    const zstd = await audience.raw(undefined, { at, encoding: 'zstd' });
    // The magic number of RFC 8878, 3.1.1.
    expect(zstd.bytes.subarray(0, 4).toString('hex')).toBe('28b52ffd');
    for (const { bytes, receipt } of [gzip, zstd])
      expect(receipt).toEqual({ bytes: bytes.length, count: MANY, sha256: sha256(bytes) });
  });
});

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();

it.each<'gzip' | 'zstd' | undefined>([undefined, 'gzip', 'zstd'])(
  'an answer that fails midway breaks off, so that half of it is never taken for the whole (packed: %s)',
  async (encoding) => {
    const stream = await clickhouse.stream(
      "SELECT toString(number) AS id, if(throwIf(number = 3000000) = 0, 'add', '') AS op FROM numbers(4000000) SETTINGS max_threads = 1",
      {},
      'JSONEachRow',
      undefined,
      encoding,
    );
    await expect(text(stream)).rejects.toThrow();
  },
);
