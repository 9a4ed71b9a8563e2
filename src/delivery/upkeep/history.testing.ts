import type { ClickHouse } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import { exportedSet } from '../exported-set.ts';
import type { Source } from '../gate/rows.ts';
import { bringUpToDate, type Upkeep } from './bring-up-to-date.ts';
import { changes } from './changes.ts';
import type { LoggedSet } from './logged-set.ts';
import { rememberUnlinked } from './unlinked.ts';

const HOUR = 3_600_000;
/** A moment is an hour; the first lies so many of them back. */
const HOURS = 40;
let worlds = 0;
let builds = 0;

/**
 * A segment whose history a test makes, upkeep by upkeep. Between two of them an hour passes, so that what was stored
 * before the one is not found by when it was stored at the next.
 */
export class History {
  readonly set: LoggedSet;
  readonly #clickhouse: ClickHouse;
  readonly #base: bigint;
  readonly #world: number;
  readonly #kind: Source['kind'];
  #hour = 0;
  #ticks = 0;
  #seq = 10;
  #members: readonly number[] = [];
  #build = 0;
  #change: Partial<LoggedSet> = {};

  constructor(clickhouse: ClickHouse, kind: Source['kind'], gate: LoggedSet['gate'] = {}) {
    this.#world = ++worlds;
    this.#clickhouse = clickhouse;
    this.#kind = kind;
    this.#base = BigInt(this.#world) * 1_000_000n;
    const source: Source =
      kind === 'visitor' ? { kind, id: 'visitor' } : { kind, id: `${kind}${this.#world}` };
    const segment = `segment${this.#world}`;
    this.set = { segment, name: source.id, build: 0, source, gate, belowFloor: false };
  }

  get seq(): number {
    return this.#seq;
  }

  visitor = (number: number): string => String(this.#base + BigInt(number));
  /** Who a device of this id alone would be. */
  own = (uid: string): string => String(this.#base + 500_000n + BigInt(uid.charCodeAt(1)));
  uid = (name: string): string => `w${this.#world}-${name}`;

  /** @param late so many hours ago it was observed; it is stored now. */
  #times(late = 0): { at: string; landed: number } {
    this.#ticks += 1;
    const now = Date.now() - (HOURS - this.#hour) * HOUR + this.#ticks;
    return { at: new Date(now - late * HOUR).toISOString(), landed: Math.floor(now / 1000) };
  }

  /** A build of the segment, with who came and went. */
  async members(numbers: readonly number[]): Promise<void> {
    const build = ++builds;
    const { at } = this.#times();
    const { segment } = this.set;
    const row = (number: number) => ({ build, segment, visitor: this.visitor(number), seen: at });
    const added = numbers.filter((number) => !this.#members.includes(number));
    const removed = this.#members.filter((number) => !numbers.includes(number));
    if (numbers.length > 0) await this.#clickhouse.insert('members', numbers.map(row));
    const changed = [...added.map((n) => [n, true] as const), ...removed.map((n) => [n, false] as const)];
    if (this.#build > 0 && changed.length > 0)
      await this.#clickhouse.insert(
        'member_changes',
        changed.map(([number, isAdded]) => ({ ...row(number), added: isAdded })),
      );
    await this.#clickhouse.insert('builds', [
      {
        segment,
        build,
        state: 'built',
        size: numbers.length,
        added: this.#build === 0 ? null : added.length,
        removed: this.#build === 0 ? null : removed.length,
        time: at,
      },
    ]);
    this.#members = numbers;
    this.#build = build;
  }

  async consent(visitor: string, state: object = {}, late = 0): Promise<void> {
    const { at, landed } = this.#times(late);
    await this.#clickhouse.insert('consents', [
      {
        visitor,
        time: at,
        landed,
        withdrawn: 0,
        purposes: 0b1101,
        partners: [this.set.source.id],
        origin: 'pixel',
        ...state,
      },
    ]);
  }

  /** @param uid an empty one deletes a match. */
  async link(number: number, uid: string, late = 0): Promise<void> {
    const { at, landed } = this.#times(late);
    if (this.#kind === 'visitor') return;
    await this.#clickhouse.insert('links', [
      {
        source: this.set.source.id,
        visitor: this.visitor(number),
        uid: uid === '' ? '' : this.uid(uid),
        own: this.#kind === 'device' ? this.own(uid) : 0,
        first: at,
        last: at,
        landed,
      },
    ]);
  }

  async setAside(which: readonly { readonly number?: number; readonly uid?: string }[]): Promise<void> {
    const build = ++builds;
    const { at } = this.#times();
    if (which.length > 0)
      await this.#clickhouse.insert(
        'set_aside',
        which.map(({ number, uid }) => ({
          build,
          source: this.set.source.id,
          visitor: number === undefined ? 0 : this.visitor(number),
          uid: uid === undefined ? '' : this.uid(uid),
          reason: 'shared_uid',
          n: 1,
          last: at,
        })),
      );
    await this.#clickhouse.insert('identity_builds', [{ kind: 'set_aside', build, time: at }]);
  }

  async erase(number: number): Promise<void> {
    const { at } = this.#times();
    await this.#clickhouse.insert('erasures', [
      {
        erasure: 'test',
        visitor: this.visitor(number),
        time: at,
        stored: at,
        origin: 'api',
        suppressed: true,
      },
    ]);
  }

  /** As the batch of an erasure does. */
  async deleted(number: number): Promise<void> {
    await this.erase(number);
    const visitors = [BigInt(this.visitor(number))];
    await rememberUnlinked(this.#clickhouse, { stored: 'links', id: 'visitor', visitors });
    for (const table of ['links', 'consents', 'members', 'member_changes'])
      await this.#clickhouse.command(`DELETE FROM ${table} WHERE visitor IN {visitors:Array(UInt64)}`, {
        visitors,
      });
  }

  /** As the job does that takes ids back on their last day. */
  async lastDay(place: number): Promise<void> {
    this.#seq += 1;
    const { segment, name } = this.set;
    await this.#clickhouse.command(
      `INSERT INTO exports (segment, source, uid, seq, op, observed, was)
       SELECT segment, source, uid, {seq:UInt64}, 'remove', today(), 'in' FROM (
         SELECT segment, source, uid, argMax(kept_exports.op, kept_exports.seq) AS op FROM kept_exports
         WHERE segment = {segment:String} AND source = {name:String} GROUP BY segment, source, uid)
       WHERE op = 'add' ORDER BY uid LIMIT 1 OFFSET {place:UInt8}`,
      { seq: this.#seq, segment, name, place },
    );
  }

  /** What the set is from now on. */
  become(change: Partial<LoggedSet>): void {
    this.#change = { ...this.#change, ...change };
  }

  now = (): LoggedSet => ({ ...this.set, build: this.#build, ...this.#change });

  /** Brings the log up to date, and lets an hour pass. */
  async upkeep(): Promise<Upkeep> {
    this.#seq += 1;
    const done = await bringUpToDate(this.#clickhouse, this.now(), this.#seq);
    const looked = Math.floor((Date.now() - (HOURS - this.#hour) * HOUR + HOUR / 2) / 1000);
    await this.#clickhouse.onEachHost(async (host) => {
      await host.command(
        `ALTER TABLE {table:Identifier} UPDATE looked = fromUnixTimestamp({looked:UInt32})
         WHERE segment = {segment:String} AND seq = {seq:UInt64}`,
        {
          table: storedTable('upkeeps', host.cluster),
          looked,
          segment: this.set.segment,
          seq: this.#seq,
        },
        { mutations_sync: '2' },
      );
    });
    this.#hour += 1;
    return done;
  }

  /** What a full export would give. */
  async full(): Promise<string[]> {
    const { segment, build, source, gate } = this.now();
    const { sql, params } = exportedSet(segment, build ?? 0, source, gate);
    const rows = await this.#clickhouse.query<{ uid: string }>(sql, params);
    return rows.map(({ uid }) => uid).sort();
  }

  /** @returns lines in their order: `+uid`, `-uid`. */
  async told(since: number, again = false, behind?: string): Promise<string[]> {
    const { segment, name, belowFloor } = this.now();
    const ops = [...(belowFloor ? [] : ['add' as const]), ...(since === 0 ? [] : ['remove' as const])];
    const after = behind === undefined ? undefined : { segment, name, uid: behind };
    const { sql, params } = changes({
      sets: [{ segment, name, since, again, ops }],
      seq: this.#seq,
      after,
    });
    const rows = await this.#clickhouse.query<{ uid: string; op: string }>(sql, params);
    return rows.map(({ uid, op }) => `${op === 'add' ? '+' : '-'}${uid}`);
  }
}

/** What a reader has who takes each answer in turn. */
export class Reader {
  readonly held = new Set<string>();
  #since = 0;
  #again = false;

  async read(history: History): Promise<void> {
    for (const line of await history.told(this.#since, this.#again))
      if (line.startsWith('+')) this.held.add(line.slice(1));
      else this.held.delete(line.slice(1));
    this.#since = history.seq;
    this.#again = history.now().belowFloor;
  }

  get ids(): string[] {
    return [...this.held].sort();
  }
}
