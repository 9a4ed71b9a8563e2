import { EventEmitter } from 'node:events';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { customAlphabet, nanoid } from 'nanoid';
import { z } from 'zod';
import type { ClickHouse } from '../clickhouse/client.ts';
import { type Body, type Item, KINDS, type Kind } from './kinds.ts';

/** Somebody else wrote this version first: read again, then decide. */
export class ConflictError extends Error {
  constructor(kind: Kind, id: string) {
    super(`${kind} ${id} was changed by somebody else at the same moment`);
    this.name = 'ConflictError';
  }
}

interface Row {
  kind: Kind;
  id: string;
  version: number;
  time: string;
  deleted: boolean;
  body: string;
}

/** Of a version, what is known without reading what it says. */
export interface Newest {
  readonly version: number;
  /** ISO 8601: when it was written; null = it never was. */
  readonly updatedAt: string | null;
  /** It was made of files. */
  readonly isApplied: boolean;
}

const timeOf = ({ time }: Row): Date => new Date(`${time.replace(' ', 'T')}Z`);

/** Lower case only: `[a-z0-9][a-z0-9_-]{0,63}`; 16 of 36 letters are 82 bits. */
export const newId = customAlphabet('0123456789abcdefghijklmnopqrstuvwxyz', 16);

/** How far behind another process's change may be seen (an insert under way, clocks of a cluster's hosts). */
const OVERLAP_MS = 60_000;
const SNAPSHOT = 'snapshot.json';

/**
 * Everything operators make, in memory, in its newest version; ClickHouse keeps every version. A snapshot
 * on disk lets a collector start and work while ClickHouse is away. Emits `change` when something changed,
 * here or in another process.
 */
export class Registry extends EventEmitter<{ change: [] }> {
  readonly #clickhouse: ClickHouse;
  readonly #folder: string;
  readonly #rows = new Map<string, Row>();
  readonly #items = new Map<Kind, Map<string, Item<Kind>>>();
  #newest = 0;
  #saving: Promise<void> = Promise.resolve();
  #announce: () => Promise<void> = async () => undefined;

  constructor(clickhouse: ClickHouse, folder: string) {
    super();
    this.setMaxListeners(50);
    this.#clickhouse = clickhouse;
    this.#folder = folder;
    for (const kind of Object.keys(KINDS) as Kind[]) this.#items.set(kind, new Map());
  }

  /**
   * Fills the registry from the snapshot of an earlier run.
   *
   * @returns whether there was one that can be read.
   */
  async restore(): Promise<boolean> {
    const text = await readFile(join(this.#folder, SNAPSHOT), 'utf8').catch(() => undefined);
    if (text === undefined) return false;
    try {
      this.#take(JSON.parse(text) as Row[]);
      return true;
    } catch {
      // Cut short by a power failure, or of another version: ClickHouse has all of it.
      return false;
    }
  }

  /** Takes in what has changed in ClickHouse since the last look. */
  async refresh(): Promise<void> {
    const rows = await this.#clickhouse.query<Row>(
      `SELECT kind, id, max(objects.version) AS version,
              toString(argMax(objects.time, objects.version)) AS time,
              argMax(objects.deleted, objects.version) AS deleted, argMax(objects.body, objects.version) AS body
       FROM objects WHERE objects.time >= fromUnixTimestamp64Milli({since:Int64}) GROUP BY kind, id`,
      { since: Math.max(0, this.#newest - OVERLAP_MS) },
    );
    if (this.#take(rows)) await this.#save();
  }

  get<K extends Kind>(kind: K, id: string): Item<K> | undefined {
    return this.#items.get(kind)?.get(id) as Item<K> | undefined;
  }

  /** @param announce tells the other processes of this server of a write, before the write returns. */
  announceBy(announce: () => Promise<void>): void {
    this.#announce = announce;
  }

  /** @returns all of a kind, by id. */
  list<K extends Kind>(kind: K): Item<K>[] {
    return [...(this.#items.get(kind)?.values() ?? [])].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    ) as unknown as Item<K>[];
  }

  /**
   * Writes the next version.
   *
   * @param expected the version this one replaces, 0 = it must be new.
   * @param actor id of the key that asked for it.
   * @throws ConflictError where another writer was first.
   */
  async put<K extends Kind>(
    kind: K,
    id: string,
    body: Body<K>,
    expected: number,
    actor: string,
  ): Promise<Item<K>> {
    await this.#write(kind, id, JSON.stringify(body), expected, false, actor);
    return this.get(kind, id)!;
  }

  /**
   * Writes the version by which it is no more.
   *
   * @param said of that version, as the body of another says it.
   * @throws ConflictError
   */
  async delete(
    kind: Kind,
    id: string,
    expected: number,
    actor: string,
    said: { readonly applied?: true } = {},
  ): Promise<void> {
    await this.#write(kind, id, JSON.stringify(said), expected, true, actor);
  }

  /** The newest version number of an id, also where it is deleted; 0 = it never was. */
  version(kind: Kind, id: string): number {
    return this.newest(kind, id).version;
  }

  /** The newest version of an id, also where it is deleted; number 0 = it never was. */
  newest(kind: Kind, id: string): Newest {
    const row = this.#rows.get(`${kind}/${id}`);
    if (row === undefined) return { version: 0, updatedAt: null, isApplied: false };
    const { applied } = JSON.parse(row.body) as { applied?: unknown };
    return { version: row.version, updatedAt: timeOf(row).toISOString(), isApplied: applied === true };
  }

  /** Whether it was and is no more. Its versions are kept, so this is known for good. */
  isDeleted(kind: Kind, id: string): boolean {
    return this.#rows.get(`${kind}/${id}`)?.deleted === true;
  }

  async #write(
    kind: Kind,
    id: string,
    body: string,
    expected: number,
    deleted: boolean,
    actor: string,
  ): Promise<void> {
    const version = expected + 1;
    const writer = nanoid();
    // Of ClickHouse's clock: with its own, a machine that is late would write before what others look for.
    const [clock] = await this.#clickhouse.query<{ now: string }>("SELECT now64(3, 'UTC') AS now");
    const row = { kind, id, version, time: clock!.now, actor, deleted, body, writer };
    await this.#clickhouse.insert('objects', [row], `object/${kind}/${id}/${version}`);
    const [won] = await this.#clickhouse.query<{ writer: string }>(
      'SELECT writer FROM objects WHERE kind = {kind:String} AND id = {id:String} AND version = {version:UInt32}',
      { kind, id, version },
    );
    await this.refresh();
    if (won?.writer !== writer) throw new ConflictError(kind, id);
    // It is written; others who cannot be told now look for themselves.
    await this.#announce().catch(() => undefined);
  }

  #take(rows: readonly Row[]): boolean {
    let changed = false;
    for (const row of rows) {
      const known = this.#rows.get(`${row.kind}/${row.id}`);
      if (known && known.version >= row.version) continue;
      const schema = KINDS[row.kind];
      // A kind that a newer version added: it is that version's to read.
      if (schema === undefined) continue;
      changed = true;
      this.#rows.set(`${row.kind}/${row.id}`, row);
      const updatedAt = timeOf(row);
      this.#newest = Math.max(this.#newest, updatedAt.getTime());
      if (row.deleted) this.#items.get(row.kind)!.delete(row.id);
      else {
        // What is stored was checked when it came; a field that a newer version added is that version's to read.
        const body = z.object(schema.shape).parse(JSON.parse(row.body));
        this.#items.get(row.kind)!.set(row.id, {
          ...body,
          id: row.id,
          version: row.version,
          updatedAt: updatedAt.toISOString(),
        } as Item<Kind>);
      }
    }
    if (changed) this.emit('change');
    return changed;
  }

  /** Written whole beside the old one and renamed, so that a crash leaves one or the other. */
  async #save(): Promise<void> {
    const save = async () => {
      const file = join(this.#folder, SNAPSHOT);
      // Several workers of one server keep the same snapshot, and hear of a change in the same moment.
      const draft = `${file}.${process.pid}.new`;
      await writeFile(draft, JSON.stringify([...this.#rows.values()]), { mode: 0o600 });
      await rename(draft, file);
    };
    this.#saving = this.#saving.then(save, save);
    await this.#saving;
  }
}
