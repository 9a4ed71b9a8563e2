import { createServer } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { HIT_COLUMNS } from '../collect/encode.ts';
import { ClickHouse, type Connection } from './client.ts';
import { ClickHouseError } from './errors.ts';
import { migrate } from './schema.ts';

const connection = await freshDatabase();
const clickhouse = new ClickHouse(connection);
const opened = [clickhouse];

beforeAll(async () => {
  await migrate(clickhouse, 90);
  await clickhouse.command(
    `CREATE TABLE plain (n UInt64, text String) ENGINE = MergeTree ORDER BY n
     SETTINGS non_replicated_deduplication_window = 100`,
  );
});

afterAll(() => Promise.all(opened.map((door) => door.close())).then(() => {}));

function open(changes: Partial<Connection>): ClickHouse {
  const door = new ClickHouse({ ...connection, ...changes });
  opened.push(door);
  return door;
}

const count = async (from: string): Promise<number> => {
  const [row] = await clickhouse.query<{ rows: string }>(`SELECT count() AS rows FROM ${from}`);
  return Number(row!.rows);
};

const failureOf = (work: Promise<unknown>): Promise<ClickHouseError> =>
  work.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ClickHouseError);
      return error as ClickHouseError;
    },
  );

const bytes = (content: string) => Readable.from([Buffer.from(content)], { objectMode: false });

/** A port that nobody listens on. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

/** Lines of a journal's file of hits: each its number, one category and two keywords, all of the day. */
function hitsFile(numbers: readonly number[], day: string, keyword: string): string {
  const value = (column: string, n: number) => {
    if (column === 'time') return `${day} 12:00:00.000`;
    if (column === 'visitor' || column === 'hit') return String(n);
    if (column === 'categories') return "['483']";
    if (column === 'keywords') return `['${keyword}','again']`;
    if (column === 'partners' || column === 'confidences') return '[]';
    if (column === 'props') return '{}';
    if (
      ['dwell_ms', 'scroll', 'tz', 'device_visitor', 'first_party', 'household', 'purposes'].includes(column)
    )
      return '0';
    return column;
  };
  const columns = HIT_COLUMNS.split('\t');
  const rows = numbers.map((n) => columns.map((column) => value(column, n)).join('\t'));
  return [HIT_COLUMNS, ...rows, ''].join('\n');
}

const today = new Date().toISOString().slice(0, 10);

describe('a session', () => {
  it('sees the temporary tables that it makes, and nobody else does', async () => {
    await clickhouse.inSession(async (session) => {
      await session.command('CREATE TEMPORARY TABLE mine ENGINE = Memory AS SELECT 7 AS n');
      expect(await session.query('SELECT n FROM mine')).toEqual([{ n: 7 }]);
      expect((await failureOf(clickhouse.query('SELECT n FROM mine'))).code).toBe(60);
      await clickhouse.inSession(async (other) => {
        expect((await failureOf(other.query('SELECT n FROM mine'))).code).toBe(60);
      });
    });
  });

  it('is of the host that answers', async () => {
    const door = open({ urls: [await deadUrl(), ...connection.urls] });
    await door.ping();
    const one = await door.inSession(async (session) => {
      await session.command('CREATE TEMPORARY TABLE mine ENGINE = Memory AS SELECT 8 AS n');
      return session.query('SELECT n FROM mine');
    });
    expect(one).toEqual([{ n: 8 }]);
  });
});

describe('query', () => {
  it('binds parameters: what is in them is a value, whatever it looks like', async () => {
    const values = ["' OR 1 = 1 --", '\\', 'a\tb\nc', '{n:UInt8}', '', '😀', 'NULL', '\\N'];
    for (const value of values) {
      expect(await clickhouse.query('SELECT {value:String} AS value', { value })).toEqual([{ value }]);
    }
    expect(await clickhouse.query('SELECT {values:Array(String)} AS list', { values })).toEqual([
      { list: values },
    ]);
  });

  it('gives 64-bit numbers as text, for a number of JavaScript would round them', async () => {
    expect(await clickhouse.query('SELECT 18446744073709551615 AS n, toUInt32(7) AS small')).toEqual([
      { n: '18446744073709551615', small: 7 },
    ]);
  });

  it('reads the day in UTC', async () => {
    expect(await clickhouse.query('SELECT timezone() AS zone')).toEqual([{ zone: 'UTC' }]);
  });
});

describe('insert', () => {
  it('counts the same token once, also with other rows', async () => {
    await clickhouse.insert('plain', [{ n: 1, text: 'first' }], 'one token');
    await clickhouse.insert('plain', [{ n: 2, text: 'second' }], 'one token');
    expect(await clickhouse.query('SELECT n, text FROM plain')).toEqual([{ n: '1', text: 'first' }]);
  });

  it('counts the same rows twice without a token, for they may be two facts', async () => {
    await clickhouse.insert('plain', [{ n: 3, text: 'again' }]);
    await clickhouse.insert('plain', [{ n: 3, text: 'again' }]);
    expect(await count('plain WHERE n = 3')).toBe(2);
  });

  it('counts the same INSERT … SELECT twice too', async () => {
    await clickhouse.command("INSERT INTO plain SELECT 4, 'copied'");
    await clickhouse.command("INSERT INTO plain SELECT 4, 'copied'");
    expect(await count('plain WHERE n = 4')).toBe(2);
  });

  it('takes ISO 8601 for a time', async () => {
    const time = `${today}T04:05:06.789Z`;
    const run = { run: 'r', job: 'j', state: 'done', started: time, holder: 'h' };
    await clickhouse.insert('job_runs', [run]);
    expect(await clickhouse.query('SELECT toString(started) AS at FROM job_runs')).toEqual([
      { at: `${today} 04:05:06.789` },
    ]);
  });
});

describe('insertBytes', () => {
  const insert = (file: string, token: string) => clickhouse.insertBytes('hits', bytes(file), token);

  it('counts a replayed file once, in its table and in every view that is filled from it', async () => {
    const file = hitsFile([1, 2, 3], today, 'replayed');
    await insert(file, 'w1-boot-1');
    await insert(file, 'w1-boot-1');
    expect(await count("hits WHERE has(keywords, 'replayed')")).toBe(3);
    expect(await count("features WHERE value = 'replayed'")).toBe(3);
    expect(await count('consents WHERE visitor IN (1, 2, 3)')).toBe(3);
    expect(await count('links WHERE visitor IN (1, 2, 3)')).toBe(3);
  });

  it('counts a file over several days once too', async () => {
    const days = [0, 1, 2].map((back) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10));
    const file = [
      HIT_COLUMNS,
      ...days.map((day, index) => hitsFile([index + 10], day, 'days').split('\n')[1]),
      '',
    ].join('\n');
    for (let time = 0; time < 3; time += 1) await insert(file, 'w1-boot-2');
    expect(await count("hits WHERE has(keywords, 'days')")).toBe(3);
    expect(await count("features WHERE value = 'days'")).toBe(3);
  });

  it('keeps two files apart that hold the same rows', async () => {
    const file = hitsFile([20], today, 'twins');
    await insert(file, 'w1-boot-3');
    await insert(file, 'w1-boot-4');
    expect(await count("hits WHERE has(keywords, 'twins')")).toBe(2);
    expect(await count("features WHERE value = 'twins'")).toBe(2);
  });

  it('reads a file of an older version, which names a column that is gone', async () => {
    const [header, row] = hitsFile([30], today, 'older').split('\n');
    await insert(`${header}\tgone\n${row}\tx\n`, 'w1-boot-5');
    expect(await count("hits WHERE has(keywords, 'older')")).toBe(1);
  });

  it('puts in a whole file or nothing of it', async () => {
    const [header, row] = hitsFile([40], today, 'broken').split('\n');
    const file = [header, ...Array.from({ length: 5_000 }, () => row), row!.replace('40', 'forty'), ''].join(
      '\n',
    );
    const failure = await failureOf(insert(file, 'w1-boot-6'));
    expect(failure.fault).toBe('refused');
    expect(await count("hits WHERE has(keywords, 'broken')")).toBe(0);
    expect(await count("features WHERE value = 'broken'")).toBe(0);
  });
});

describe('stream', () => {
  it('hands out the bytes of the format as they are', async () => {
    const stream = await clickhouse.stream(
      'SELECT number AS n FROM numbers({n:UInt32})',
      { n: 3 },
      'JSONEachRow',
    );
    expect(await text(stream)).toBe('{"n":"0"}\n{"n":"1"}\n{"n":"2"}\n');
  });

  it('begins before it ends: nothing collects the answer', async () => {
    const endless = await clickhouse.stream('SELECT number FROM system.numbers', {}, 'TabSeparated');
    let read = 0;
    for await (const chunk of endless) {
      read += (chunk as Buffer).length;
      if (read > 10_000_000) break;
    }
    expect(read).toBeGreaterThan(10_000_000);
    await expect(finished(endless)).rejects.toThrow('aborted');
  });

  it('fails where the query cannot start', async () => {
    const failure = await failureOf(clickhouse.stream('SELECT nothing', {}, 'TabSeparated'));
    expect(failure).toMatchObject({ fault: 'refused', code: 47 });
  });

  it('breaks off where the query fails on the way, rather than end as if all had come', async () => {
    const stream = await clickhouse.stream(
      "SELECT throwIf(number = 3000000, 'on the way') FROM numbers(10000000) SETTINGS max_block_size = 1000",
      {},
      'TabSeparated',
    );
    await expect(text(stream)).rejects.toThrow();
  });

  it('ends when it is aborted', async () => {
    const abort = new AbortController();
    const stream = await clickhouse.stream(
      'SELECT number FROM system.numbers',
      {},
      'TabSeparated',
      abort.signal,
    );
    const read = text(stream);
    abort.abort();
    await expect(read).rejects.toThrow();
  });
});

describe('a failure', () => {
  it.each([
    ['an unknown table', 'SELECT * FROM no_such_table', 60],
    ['a syntax error', 'SELEC 1', 62],
  ])('is refused for %s', async (_, sql, code) => {
    expect(await failureOf(clickhouse.query(sql))).toMatchObject({ fault: 'refused', code });
  });

  it('may pass for a query that takes too much memory', async () => {
    const failure = await failureOf(
      clickhouse.query(
        'SELECT groupArray(number) FROM numbers(10000000)',
        {},
        { max_memory_usage: '10000000' },
      ),
    );
    expect(failure).toMatchObject({ fault: 'unavailable', code: 241 });
  });

  it('may pass where nobody answers', async () => {
    const failure = await failureOf(open({ urls: [await deadUrl()] }).query('SELECT 1'));
    expect(failure).toMatchObject({ fault: 'unavailable', code: undefined });
    expect(failure.message).toBe('ClickHouse query failed: no answer');
  });

  it('shows no piece of a row in a log line', async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    const error = await failureOf(
      clickhouse.insertBytes('plain', bytes('n\ttext\nsomebody@mail.example\tx\n'), 't'),
    );
    expect(error.raw).toContain('somebody');
    log.error({ error, err: error, message: error.message }, 'an insert failed');
    expect(lines.join()).toContain('insert into plain failed');
    expect(lines.join()).not.toContain('somebody');
  });
});

describe('several hosts', () => {
  it('are tried in turn: after one that does not answer the next statement goes to the next', async () => {
    const door = open({ urls: [await deadUrl(), connection.urls[0]!] });
    expect(await failureOf(door.query('SELECT 1 AS one'))).toMatchObject({ fault: 'unavailable' });
    expect(await door.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect(await door.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('answer a ping when one of them does', async () => {
    const dead = await deadUrl();
    expect(await open({ urls: [dead, connection.urls[0]!] }).ping()).toBe(true);
    expect(await open({ urls: [dead] }).ping()).toBe(false);
  });

  it('are each a door of their own for what every host must run itself', async () => {
    const hosts = open({ urls: [connection.urls[0]!, connection.urls[0]!] }).hosts();
    opened.push(...hosts);
    expect(hosts).toHaveLength(2);
    for (const host of hosts)
      expect(await host.query('SELECT currentDatabase() AS d')).toEqual([{ d: connection.database }]);
  });
});

describe('command', () => {
  it('says what it cost', async () => {
    const cost = await clickhouse.command(
      'INSERT INTO plain SELECT number + 100, toString(number) FROM numbers(1000)',
    );
    expect(cost.rowsWritten).toBe(1000);
    expect(cost.rowsRead).toBe(1000);
    expect(cost.bytesRead).toBe(8000);
  });

  it('runs outside of our database where that does not exist yet', async () => {
    const door = open({ database: 'not_there' });
    expect(await failureOf(door.query('SELECT 1'))).toMatchObject({ fault: 'refused', code: 81 });
    expect(await door.withoutDatabase((outside) => outside.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });
});

it.each([1, 5_000, 10_000])(
  'a list of %i names is bound, also where it must be cut for that',
  async (length) => {
    const names = Array.from({ length }, (_, n) => `it's "${n}" \\ and\ta tab`);
    const rows = await clickhouse.query<{ name: string; place: string }>(
      `SELECT name, transform(name, {names:Array(String)}, {places:Array(UInt64)}, toUInt64(0)) AS place
     FROM (SELECT arrayJoin({names:Array(String)}) AS name) WHERE name IN {names:Array(String)}`,
      { names, places: names.map((_, n) => n) },
    );
    expect(rows.map(({ name }) => name)).toEqual(names);
    expect(rows.map(({ place }) => Number(place))).toEqual(rows.map((_, n) => n));
  },
);

it('a long list of lists is bound too', async () => {
  const regions = Array.from({ length: 8_000 }, (_, n) => [`DE-${n}`, 'FR']);
  const [row] = await clickhouse.query<{ regions: string[][] }>(
    'SELECT {regions:Array(Array(String))} AS regions',
    { regions },
  );
  expect(row?.regions).toEqual(regions);
});
