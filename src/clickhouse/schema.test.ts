import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, freshDatabase, sharedEngine } from '../../test/engine.ts';
import { ClickHouse, type Connection } from './client.ts';
import { type Home, migrate, PERSONAL_COLUMN, SchemaError, statements } from './schema.ts';

const FOLDER = fileURLToPath(new URL('../../clickhouse-schema/', import.meta.url));
const names = (await readdir(FOLDER)).sort();
const files = await Promise.all(
  names.map(async (name) => ({ name, text: await readFile(`${FOLDER}${name}`, 'utf8') })),
);

/** Every table that holds rows. Whoever adds one says here whether it is about visitors. */
const TABLES = {
  hits: 'visitors',
  features: 'visitors',
  consents: 'visitors',
  links: 'visitors',
  matches: 'visitors',
  members: 'visitors',
  exports: 'visitors',
  optouts: 'visitors',
  erasures: 'visitors',
  erasure_steps: 'visitors',
  traits: 'visitors',
  trait_lines: 'visitors',
  set_aside: 'visitors',
  clusters: 'visitors',
  cluster_work: 'visitors',
  match_lines: 'visitors',
  uploaded_links: 'visitors',
  label_lines: 'visitors',
  interests: 'visitors',
  demographics: 'visitors',
  lookalikes: 'visitors',
  lookalike_work: 'visitors',
  labels: 'visitors',
  model_hits: 'visitors',
  model_labels: 'visitors',
  build_clauses: 'visitors',
  member_changes: 'visitors',
  sent_sets: 'visitors',
  delivery_lines: 'visitors',
  profiles: 'visitors',
  upkeep_work: 'visitors',
  unlinked_uids: 'visitors',
  subject_requests: 'visitors',
  tallies: 'nobody',
  objects: 'nobody',
  leases: 'nobody',
  job_runs: 'nobody',
  journal_marks: 'nobody',
  builds: 'nobody',
  // Keyed hashes, kept without an end: whoever opted out stays so.
  suppressions: 'nobody',
  erasure_batches: 'nobody',
  trait_uploads: 'nobody',
  match_uploads: 'nobody',
  label_uploads: 'nobody',
  identity_builds: 'nobody',
  audience_builds: 'nobody',
  model_weights: 'nobody',
  build_questions: 'nobody',
  build_thresholds: 'nobody',
  build_drivers: 'nobody',
  feature_counts: 'nobody',
  taxonomy_names: 'nobody',
  delivery_runs: 'nobody',
  delivery_chunks: 'nobody',
  delivery_failures: 'nobody',
  delivery_withheld: 'nobody',
  delivery_losses: 'nobody',
  delivery_breakers: 'nobody',
  upkeeps: 'nobody',
  plan_looks: 'nobody',
  alerts: 'nobody',
  alert_notices: 'nobody',
  alert_checks: 'nobody',
  alert_webhooks: 'nobody',
  disk_reports: 'nobody',
  match_rates: 'nobody',
  // Of whom is a keyed hash.
  looks: 'nobody',
  acts: 'nobody',
  // A key tells nothing of anybody, and is gone before what was hashed with it.
  household_keys: 'nobody',
  schema_files: 'nobody',
} as const;

const RETENTION = 90;

function open(connection: Connection): ClickHouse {
  const clickhouse = new ClickHouse(connection);
  afterAll(() => clickhouse.close());
  return clickhouse;
}

interface Column {
  table: string;
  name: string;
  type: string;
}

const columnsOf = (clickhouse: ClickHouse) =>
  clickhouse.query<Column>(
    `SELECT columns.table AS table, columns.name AS name, columns.type AS type
     FROM system.columns AS columns
     INNER JOIN system.tables AS tables ON tables.database = columns.database AND tables.name = columns.table
     WHERE columns.database = currentDatabase() AND tables.engine LIKE '%MergeTree'`,
  );

const tablesWith = (columns: readonly Column[], pattern: RegExp) =>
  new Set(columns.filter(({ name }) => pattern.test(name)).map(({ table }) => table));

/** One row of each kind of a table, all of its times the one given. */
async function insertDated(clickhouse: ClickHouse, table: string, day: string): Promise<void> {
  const columns = (await columnsOf(clickhouse)).filter((column) => column.table === table);
  const times = columns
    .filter(({ type }) => /\bDate/.test(type) && !type.includes('Tuple'))
    .map(({ name }) => [name, day]);
  const kinds = columns.find(({ type }) => type.startsWith('Enum'));
  // Of a row that sums up to nothing nothing would be stored.
  const sums = columns.filter(({ name }) => name === 'n').map(({ name }) => [name, 1]);
  // An empty word takes back what was said.
  const words = columns
    .filter(({ name, type }) => name === 'value' && type.includes('String'))
    .map(({ name }) => [name, 'a word']);
  const values = kinds ? [...kinds.type.matchAll(/'(\w+)' =/g)].map((found) => found[1]) : [undefined];
  const rows = values.map((value) => ({
    ...Object.fromEntries([...times, ...sums, ...words]),
    ...(kinds && { [kinds.name]: value }),
  }));
  await clickhouse.insert(table, rows);
}

/** The day of UTC so many days ago, as ClickHouse sees it. */
async function daysAgo(clickhouse: ClickHouse, days: number): Promise<string> {
  const [row] = await clickhouse.query<{ day: string }>('SELECT toString(today() - {days:UInt16}) AS day', {
    days,
  });
  return row!.day;
}

/** After how many days a row of today goes, as the engine itself has reckoned for the part; undefined = never. */
async function daysKept(clickhouse: ClickHouse, table: string): Promise<number | undefined> {
  await insertDated(clickhouse, table, await daysAgo(clickhouse, 0));
  const [row] = await clickhouse.query<{ days: string }>(
    `SELECT max(dateDiff('day', today(), toDate(delete_ttl_info_max, 'UTC'))) AS days FROM system.parts
     WHERE database = currentDatabase() AND table = {table:String} AND active`,
    { table },
  );
  const days = Number(row?.days);
  return days > 0 ? days : undefined;
}

describe('the migrated database', async () => {
  const clickhouse = open(await freshDatabase());
  let columns: Column[];

  beforeAll(async () => {
    expect(await migrate(clickhouse, RETENTION)).toEqual(names);
    columns = await columnsOf(clickhouse);
  });

  it('has the tables that this test knows, and no other', () => {
    expect([...tablesWith(columns, /./)].sort()).toEqual(Object.keys(TABLES).sort());
  });

  it('has visitors in no other tables than this test knows', () => {
    const personal = Object.keys(TABLES).filter((name) => TABLES[name as keyof typeof TABLES] === 'visitors');
    expect([...tablesWith(columns, PERSONAL_COLUMN)].sort()).toEqual(personal.sort());
  });

  it.each(Object.entries(TABLES).filter(([, about]) => about === 'visitors'))(
    'lets go of every row of %s within the retention, counted from the observation',
    async (table) => {
      const days = await daysKept(clickhouse, table);
      expect(days).toBeGreaterThan(0);
      expect(days).toBeLessThanOrEqual(RETENTION);
      const [{ sql } = { sql: '' }] = await clickhouse.query<{ sql: string }>(
        'SELECT create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND name = {table:String}',
        { table },
      );
      // Written to the second, the partitions of a day would wait for their last row.
      expect(sql).toMatch(/ TTL (toDate\(\w+\)|observed) \+ toIntervalDay\(/);
    },
  );

  it('keeps whole daily partitions apart where it has the most rows, so that a day leaves at once', async () => {
    const rows = await clickhouse.query<{ name: string; sql: string }>(
      `SELECT name, create_table_query AS sql FROM system.tables
       WHERE database = currentDatabase() AND partition_key = 'toDate(time)'`,
    );
    expect(rows.map(({ name }) => name).sort()).toEqual([
      'features',
      'hits',
      'matches',
      'optouts',
      'tallies',
    ]);
    for (const { sql } of rows) expect(sql).toContain('ttl_only_drop_parts = 1');
  });

  it('remembers the tokens of inserts in every table that a journal file or a view of it reaches', async () => {
    const rows = await clickhouse.query<{ name: string; sql: string }>(
      `SELECT name, create_table_query AS sql FROM system.tables
       WHERE database = currentDatabase() AND engine LIKE '%MergeTree' AND name != 'schema_files'`,
    );
    for (const { name, sql } of rows) {
      expect(sql, name).toContain('non_replicated_deduplication_window = 100000');
      expect(sql, name).toContain('fsync_after_insert = 1');
    }
  });
});

describe('the kept_ views', async () => {
  const clickhouse = open(await freshDatabase());
  const views = [
    // Before the others, whose rows are of somebody who allows no profile.
    'labels',
    'hits',
    'features',
    'consents',
    'links',
    'tallies',
    'members',
    'exports',
    'traits',
    'set_aside',
    'clusters',
    'interests',
    'demographics',
    'lookalikes',
    'build_clauses',
    'member_changes',
    'sent_sets',
    'profiles',
  ];
  /** Views over other views and tables than the one of their name. */
  const derived = [
    'households',
    'matches',
    'feature_counts',
    'delivery_lines',
    'places',
    'unlinked_uids',
    'subject_requests',
  ];
  /** Tables into which no segment reads: what is in them is in others already, or is about deleting them. */
  const unread = [
    'matches',
    'optouts',
    'erasures',
    'erasure_steps',
    'trait_lines',
    'cluster_work',
    'match_lines',
    'uploaded_links',
    'label_lines',
    'lookalike_work',
    'model_hits',
    'model_labels',
    'delivery_lines',
    'upkeep_work',
    'unlinked_uids',
    'subject_requests',
  ];

  beforeAll(async () => {
    await migrate(clickhouse, RETENTION);
    // These are read by a pointer of their own each.
    const pointers = ['demographics/', 'lookalikes/'].map((kind) => ({
      kind,
      build: 0,
      time: new Date().toISOString(),
    }));
    await clickhouse.insert('audience_builds', pointers);
    await clickhouse.insert('builds', [{ build: 0, state: 'built', time: new Date().toISOString() }]);
    // What a destination was told counts with its run.
    await clickhouse.insert('delivery_runs', [{ run: 0, time: new Date().toISOString() }]);
  });

  it('are there for every table about visitors that is read', async () => {
    const rows = await clickhouse.query<{ name: string }>(
      "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'View' AND name LIKE 'kept\\_%'",
    );
    expect(rows.map(({ name }) => name).sort()).toEqual(
      [...views, ...derived].map((name) => `kept_${name}`).sort(),
    );
    const personal = Object.entries(TABLES).flatMap(([name, about]) => (about === 'visitors' ? [name] : []));
    expect(personal.filter((name) => !views.includes(name))).toEqual(unread);
  });

  it('are not alone in counting days: every view that is read does', async () => {
    const rows = await clickhouse.query<{ name: string; sql: string }>(
      "SELECT name, as_select AS sql FROM system.tables WHERE database = currentDatabase() AND engine = 'View'",
    );
    for (const { name, sql } of rows)
      expect(sql, name).toMatch(/> (formatDateTime)?\(today\(\) - |>= toDateTime64\(\(today\(\) - /);
  });

  it.each(views)(
    'kept_%s shows the last day of the retention and not the one before, merged or not',
    async (table) => {
      await clickhouse.command(`SYSTEM STOP TTL MERGES ${table}`);
      await clickhouse.command(`SYSTEM STOP MERGES ${table}`);
      const inside = await daysAgo(clickhouse, RETENTION - 1);
      const outside = await daysAgo(clickhouse, RETENTION);
      const shown = async () => {
        const [row] = await clickhouse.query<{ n: string }>(`SELECT count() AS n FROM kept_${table}`);
        return Number(row!.n);
      };
      await clickhouse.command(`TRUNCATE TABLE ${table}`);
      await insertDated(clickhouse, table, outside);
      expect(await shown()).toBe(0);
      const [stored] = await clickhouse.query<{ n: string }>(`SELECT count() AS n FROM ${table}`);
      expect(Number(stored!.n)).toBeGreaterThan(0);
      await insertDated(clickhouse, table, inside);
      // A removal is remembered for thirty days only, the add beside it for the whole retention; but of what is pulled
      // the removal as long as the add that it takes back, or that would count again.
      expect(await shown()).toBe(table === 'exports' ? 2 : 1);
    },
  );
});

describe('a changed retention', async () => {
  const clickhouse = open(await freshDatabase());

  it('reaches tables and views, both ways, and applies no file again', async () => {
    await migrate(clickhouse, 90);
    expect(await migrate(clickhouse, 30)).toEqual([]);
    for (const [table, about] of Object.entries(TABLES)) {
      if (about === 'visitors') expect(await daysKept(clickhouse, table), table).toBeLessThanOrEqual(30);
    }
    const viewTexts = () =>
      clickhouse.query<{ name: string; sql: string }>(
        "SELECT name, create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND engine = 'View'",
      );
    expect((await viewTexts()).find(({ name }) => name === 'kept_hits')?.sql).toContain('`campaign`');
    for (const { name, sql } of await viewTexts()) {
      // As a word of its own: the database's name is made by chance.
      expect(sql, name).toMatch(/\b30\b/);
      expect(sql, name).not.toMatch(/\b90\b/);
    }
    // The newest of a table counts, as it does of a view.
    const [log] = await clickhouse.query<{ sql: string }>(
      "SELECT create_table_query AS sql FROM system.tables WHERE database = currentDatabase() AND name = 'exports'",
    );
    expect(log?.sql).toMatch(/TTL .*\b30 - \(observed - overtakes\)/);
    expect(await migrate(clickhouse, 90)).toEqual([]);
    expect(await daysKept(clickhouse, 'hits')).toBe(90);
    for (const { name, sql } of await viewTexts()) expect(sql, name).toMatch(/\b90\b/);
  });
});

class CutOff extends Error {}

/** A door that stands open for so many statements that change something. */
function cutAfter(connection: Connection, statements: number): ClickHouse {
  const clickhouse = open(connection);
  const hosts = clickhouse.hosts.bind(clickhouse);
  let left = statements;
  const spend = () => {
    left -= 1;
    if (left < 0) throw new CutOff();
  };
  clickhouse.hosts = () =>
    hosts().map((host) => {
      const { command, insert } = host;
      host.command = async (...given) => {
        spend();
        return command.apply(host, given);
      };
      host.insert = async (...given) => {
        spend();
        return insert.apply(host, given);
      };
      return host;
    });
  return clickhouse;
}

describe('migrate', async () => {
  const edited = open(await freshDatabase());
  const newer = open(await freshDatabase());
  const twice = open(await freshDatabase());
  const concurrent = open(await freshDatabase());
  const absent = open(await freshDatabase());
  const interrupted = await freshDatabase();

  it('refuses a file that was edited after it was applied', async () => {
    await migrate(edited, 90);
    await edited.insert('schema_files', [
      {
        number: 2,
        name: names[1],
        checksum: 'of an earlier text',
        retention: 90,
        time: '2100-01-01 00:00:00.000',
      },
    ]);
    const refusal = await migrate(edited, 90).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SchemaError);
    expect(refusal).toMatchObject({ reason: 'edited_file' });
    expect((refusal as SchemaError).message).toContain(names[1]!);
  });

  it('refuses a database that a newer version has migrated, and leaves it as it is', async () => {
    await migrate(newer, 90);
    await newer.insert('schema_files', [{ number: 900, name: '900_more.sql', checksum: 'x', retention: 90 }]);
    const refusal = await migrate(newer, 30).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'SchemaError', reason: 'newer_schema' });
    expect((refusal as SchemaError).message).toContain('900_more.sql');
    expect(await daysKept(newer, 'hits')).toBe(90);
  });

  it('applies nothing the second time, and keeps what is stored', async () => {
    expect(await migrate(twice, 90)).toEqual(names);
    await insertDated(twice, 'hits', await daysAgo(twice, 0));
    expect(await migrate(twice, 90)).toEqual([]);
    expect(await twice.query('SELECT count() AS n FROM kept_hits')).toEqual([{ n: '1' }]);
  });

  it('makes one schema when several processes do it at once', async () => {
    await Promise.all([migrate(concurrent, 90), migrate(concurrent, 90), migrate(concurrent, 90)]);
    expect([...tablesWith(await columnsOf(concurrent), /./)].sort()).toEqual(Object.keys(TABLES).sort());
    expect(await migrate(concurrent, 90)).toEqual([]);
  });

  it('makes the database itself', async () => {
    await ask(sharedEngine(), `DROP DATABASE ${absent.database}`);
    expect(await migrate(absent, 90)).toEqual(names);
  });

  it('goes on after being cut off at any statement', async () => {
    let cuts = 0;
    for (;;) {
      const outcome = await migrate(cutAfter(interrupted, cuts + 1), 90).catch((error: unknown) => error);
      if (Array.isArray(outcome)) break;
      expect(outcome).toBeInstanceOf(CutOff);
      cuts += 1;
    }
    expect(cuts).toBeGreaterThan(5);
    const clickhouse = open(interrupted);
    expect(await migrate(clickhouse, 90)).toEqual([]);
    expect([...tablesWith(await columnsOf(clickhouse), /./)].sort()).toEqual(Object.keys(TABLES).sort());
  });
});

const ALONE: Home = { database: 'd', cluster: undefined, replicated: false, retentionDays: 45 };
const SHARDS: Home = { ...ALONE, cluster: 'eu' };
const REPLICAS: Home = { ...SHARDS, replicated: true };

const all = (home: Home) => files.flatMap(({ text }) => statements(text, home));
const tablesIn = (sql: readonly string[]) =>
  sql.flatMap((statement) => /^CREATE TABLE IF NOT EXISTS (\w+)\n/.exec(statement)?.[1] ?? []);

describe('the schema files', () => {
  it('are numbered without a gap', () => {
    expect(names.map((name) => Number(/^(\d{3})_[a-z_]+\.sql$/.exec(name)?.[1]))).toEqual(
      names.map((_, index) => index + 1),
    );
  });

  it.each([
    ['one machine', ALONE],
    ['shards', SHARDS],
    ['shards with replicas', REPLICAS],
  ])(
    'are for %s statements that ClickHouse can read, that can be repeated and leave nothing to fill in',
    async (_, home) => {
      for (const statement of all(home)) {
        expect(statement).toMatch(
          /^(CREATE (TABLE|VIEW|MATERIALIZED VIEW) IF NOT EXISTS|CREATE OR REPLACE VIEW|ALTER TABLE) \w+/,
        );
        if (statement.startsWith('ALTER'))
          for (const [added] of statement.matchAll(/\bADD \w+ .*/g))
            expect(added).toMatch(/^ADD (COLUMN|INDEX) IF NOT EXISTS /);
        expect(statement.replace(/\/clickhouse\/tables\/\S+ '\{replica\}'/g, '')).not.toMatch(/[{}]|^--/m);
        expect(await ask(sharedEngine(), `EXPLAIN AST ${statement}`)).toMatch(/CreateQuery|AlterQuery/);
      }
    },
  );

  it('name a table only where rows go in; what is read is read by its bare name', () => {
    for (const { name, text } of files) {
      for (const [found] of text.matchAll(/^CREATE (?:OR REPLACE )?VIEW.*?;/gms))
        expect(found, name).not.toMatch(/\{(?!retention)/);
    }
  });
});

describe('statements', () => {
  it('makes plain tables on one machine', () => {
    const sql = all(ALONE);
    expect(tablesIn(sql).sort()).toEqual(
      Object.keys(TABLES)
        .filter((name) => name !== 'schema_files')
        .sort(),
    );
    expect(sql.join('\n')).not.toMatch(/Replicated|Distributed|_local/);
  });

  it('makes local tables on shards and a Distributed one over each', () => {
    const sql = all(SHARDS);
    expect(tablesIn(sql).every((name) => name.endsWith('_local'))).toBe(true);
    expect(sql.join('\n')).not.toContain('Replicated');
    for (const local of tablesIn(sql)) {
      const name = local.slice(0, -'_local'.length);
      const over = sql.filter((statement) =>
        statement.startsWith(`CREATE TABLE IF NOT EXISTS ${name} AS ${local} `),
      );
      expect(over).toEqual([expect.stringContaining(`Distributed('eu', currentDatabase(), '${local}', `)]);
      expect(sql.indexOf(over[0]!)).toBeGreaterThan(
        sql.findIndex((statement) => statement.includes(`${local}\n`)),
      );
    }
  });

  it('keeps what belongs to a visitor on one shard, and what belongs to nobody on the first', () => {
    const keys = new Map(
      all(SHARDS).flatMap((statement) => {
        const found = /Distributed\('eu', currentDatabase\(\), '(\w+)_local', (.+)\)$/.exec(statement);
        return found ? [[found[1]!, found[2]!] as const] : [];
      }),
    );
    const byVisitor = ['hits', 'features', 'consents', 'links', 'matches', 'members'];
    for (const name of byVisitor) expect(keys.get(name), name).toBe('visitor');
    for (const name of ['exports', 'sent_sets', 'delivery_lines'])
      expect(keys.get(name), name).toBe('cityHash64(uid)');
    for (const [name, about] of Object.entries(TABLES)) {
      if (about === 'nobody' && name !== 'schema_files') expect(keys.get(name), name).toBe('0');
    }
  });

  it('fills each view’s own shard, not the cluster once more', () => {
    const views = all(SHARDS).filter((statement) => statement.startsWith('CREATE MATERIALIZED VIEW'));
    expect(views.length).toBeGreaterThan(3);
    for (const view of views) {
      expect(view).toMatch(/ TO \w+_local AS/);
      expect(view).toMatch(/FROM \w+_local\b/);
    }
  });

  it('makes replicated tables where there is a Keeper, each engine with its own arguments', () => {
    const sql = all(REPLICAS);
    const place = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'";
    for (const statement of sql.filter((text) => /_local\n\(/.test(text))) {
      expect(statement).toContain(`${place}`);
      expect(statement).toMatch(/ENGINE = Replicated(Replacing|Aggregating|Summing)?MergeTree\('/);
    }
    expect(sql.join('\n')).toContain(`ReplicatedReplacingMergeTree(${place}, time)`);
    expect(sql.join('\n')).toContain(`ReplicatedSummingMergeTree(${place}, n)`);
    expect(sql.join('\n')).toContain(`ReplicatedMergeTree(${place})`);
  });

  it('writes the retention into every TTL and every view', () => {
    const [create, view] = statements(files[1]!.text, ALONE);
    expect(create).toContain('TTL toDate(time) + toIntervalDay(45)');
    expect(view).toContain('today() - 45');
  });

  it('adds a column to the table of each shard, and to the Distributed one over it', () => {
    const widen = 'ALTER TABLE {hits}\n    ADD COLUMN IF NOT EXISTS a UInt8;\n';
    const added = (table: string) => `ALTER TABLE ${table}\n    ADD COLUMN IF NOT EXISTS a UInt8`;
    expect(statements(widen, ALONE)).toEqual([added('hits')]);
    expect(statements(widen, SHARDS)).toEqual([added('hits_local'), added('hits')]);
    expect(statements('ALTER TABLE {hits} MODIFY TTL time;\n', SHARDS)).toEqual([
      'ALTER TABLE hits_local MODIFY TTL time',
    ]);
  });

  it('refuses a table that does not say how it is sharded', () => {
    expect(() =>
      statements(
        'CREATE TABLE IF NOT EXISTS {things}\n(a UInt8)\nENGINE = {MergeTree}\nORDER BY a;\n',
        ALONE,
      ),
    ).toThrow('things lacks its "-- shard by:" line');
  });
});
