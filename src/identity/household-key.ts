import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouse } from '../clickhouse/client.ts';
import { storedTable } from '../clickhouse/schema.ts';
import { isMissing } from '../missing.ts';

/** A key's time: whole days of UTC, of equal length since 1970, so that every collector has the same. */
export interface Period {
  /** ISO 8601 days: the first, and the one after the last. */
  readonly starts: string;
  readonly ends: string;
  readonly days: number;
}

const DAY_MS = 86_400_000;
const KEY_BYTES = 32;
const KEY = /^[0-9a-f]{64}$/;
const FILE = /^household-(\d{4}-\d\d-\d\d)-(\d{1,2})\.key$/;

/** @param now milliseconds since 1970. @param days length of a period. */
export function periodAt(now: number, days: number): Period {
  const first = Math.floor(now / DAY_MS / days) * days;
  const day = (number: number) => new Date(number * DAY_MS).toISOString().slice(0, 10);
  return { starts: day(first), ends: day(first + days), days };
}

const fileOf = ({ starts, days }: Period) => `household-${starts}-${days}.key`;

/** @returns the key as this machine keeps it, or undefined where it has none of the period. */
export async function storedKey(folder: string, period: Period): Promise<Buffer | undefined> {
  try {
    const text = (await readFile(join(folder, fileOf(period)), 'utf8')).trim();
    return KEY.test(text) ? Buffer.from(text, 'hex') : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Keeps the key for a start without ClickHouse, for the owner of the data folder alone. */
export async function storeKey(folder: string, period: Period, key: Buffer): Promise<void> {
  const draft = join(folder, `.${fileOf(period)}.${randomBytes(4).toString('hex')}`);
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${key.toString('hex')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, join(folder, fileOf(period)));
}

/**
 * Overwrites and removes the keys of a data folder.
 *
 * @param but the period whose key stays; undefined = none does.
 */
export async function removeKeys(folder: string, but?: Period): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!FILE.test(name) || (but !== undefined && name === fileOf(but))) continue;
    await overwrite(join(folder, name)).catch((error: unknown) => {
      // Another process of this machine was first.
      if (!isMissing(error)) throw error;
    });
    await rm(join(folder, name), { force: true });
  }
}

/** On a disk that writes elsewhere what is overwritten (an SSD does) the old bytes may stay until it reuses them. */
async function overwrite(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    await handle.write(randomBytes(size), 0, size, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The key of a period as all collectors have it. Where there is none yet one is offered: of several who offer
 * at once the first wins, because the others' rows carry the same deduplication token.
 *
 * @returns undefined where the row cannot be read back: then nobody has a key, and it is tried again.
 * @throws ClickHouseError
 */
export async function sharedKey(clickhouse: ClickHouse, period: Period): Promise<Buffer | undefined> {
  const known = await readKey(clickhouse, period);
  if (known !== undefined) return known;
  const { starts, ends, days } = period;
  const key = randomBytes(KEY_BYTES);
  await clickhouse.insert(
    'household_keys',
    [{ starts, ends, days, key: key.toString('hex'), time: new Date().toISOString() }],
    `household-key/${starts}/${days}`,
  );
  key.fill(0);
  return readKey(clickhouse, period);
}

async function readKey(clickhouse: ClickHouse, { starts, days }: Period): Promise<Buffer | undefined> {
  const [row] = await clickhouse.query<{ key: string }>(
    'SELECT key FROM household_keys WHERE starts = {starts:Date} AND days = {days:UInt8} ORDER BY time, key LIMIT 1',
    { starts, days },
  );
  return row === undefined || !KEY.test(row.key) ? undefined : Buffer.from(row.key, 'hex');
}

/**
 * Drops the keys of periods that are over, from every host.
 *
 * @param now milliseconds since 1970.
 * @returns how many days' keys went.
 * @throws ClickHouseError
 */
export async function dropEndedKeys(clickhouse: ClickHouse, now = Date.now()): Promise<number> {
  const table = storedTable('household_keys', clickhouse.cluster);
  const today = new Date(now).toISOString().slice(0, 10);
  const dropped = new Set<string>();
  await clickhouse.onEachHost(async (host) => {
    const rows = await host.query<{ ends: string }>(
      'SELECT DISTINCT toString(kept.ends) AS ends FROM {table:Identifier} AS kept WHERE kept.ends <= {today:Date}',
      { table, today },
    );
    for (const { ends } of rows) {
      await host.command('ALTER TABLE {table:Identifier} DROP PARTITION {ends:String}', { table, ends });
      dropped.add(ends);
    }
  });
  return dropped.size;
}
