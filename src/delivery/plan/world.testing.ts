import type { ClickHouse, Params } from '../../clickhouse/client.ts';
import { storedTable } from '../../clickhouse/schema.ts';
import type { Line } from '../destination.ts';
import type { Source } from '../exported-set.ts';
import { readLines } from './lines.ts';
import { type Planned, plan } from './plan.ts';
import type { AskedSegment, PlanRequest } from './planning.ts';
import { differenceSql } from './told.ts';

export const ACME: Source = { kind: 'partner', id: 'acme' };
export const IDFA: Source = { kind: 'device', id: 'idfa' };

const HOUR = 3_600_000;
/** Runs are an hour apart for what was stored; the first lies so many of them back. */
const HOURS = 100;
let worlds = 0;

/**
 * A destination with its segments, of which a test says who is in them, under which ids, and who allows what. What was
 * stored before a run is not found by when it was stored at the one after.
 */
export class World {
  readonly clickhouse: ClickHouse;
  readonly destination: string;
  readonly segments: AskedSegment[] = [];
  readonly #base: bigint;
  readonly #members = new Map<string, readonly number[]>();
  readonly #looked = new Map<number, number>();
  #run = 0;
  #build = 0;
  #hour = 0;
  // Two hours back, so that a history of some hundred steps lies in the past in the order of its steps.
  #time = Date.now() - 2 * HOUR;

  constructor(clickhouse: ClickHouse) {
    this.clickhouse = clickhouse;
    worlds += 1;
    this.destination = `destination${worlds}`;
    this.#base = BigInt(worlds) * 1_000_000n;
  }

  visitor = (number: number): string => String(this.#base + BigInt(number));
  /** Ids are of this world alone. */
  uid = (name: string): string => `${worldOf(this.destination)}-${name}`;
  time = (): string => new Date(++this.#time).toISOString();
  /** Seconds since 1970. */
  stored = (): number => Math.floor((Date.now() - (HOURS - this.#hour) * HOUR) / 1000);

  segment(code: string, change: Partial<AskedSegment> = {}): AskedSegment {
    const segment = {
      id: `${this.destination}-segment${this.segments.length}`,
      code,
      build: 0,
      size: 0,
      refreshDays: 60,
      forbidden: [],
      ...change,
    };
    this.segments.push(segment);
    return segment;
  }

  /** A new build of a segment. @param seen ISO 8601. */
  async members(at: number, visitors: readonly number[], seen = this.time()): Promise<void> {
    this.#build += 1;
    const segment = { ...this.segments[at]!, build: this.#build, size: visitors.length };
    this.segments[at] = segment;
    const rows = visitors.map((number) => ({
      build: segment.build,
      segment: segment.id,
      visitor: this.visitor(number),
      seen,
    }));
    if (rows.length > 0) await this.clickhouse.insert('members', rows);
    const before = this.#members.get(segment.id);
    this.#members.set(segment.id, visitors);
    const added = visitors.filter((number) => before?.includes(number) !== true);
    const removed = (before ?? []).filter((number) => !visitors.includes(number));
    const changes = [...added.map((n) => [n, true] as const), ...removed.map((n) => [n, false] as const)];
    if (before !== undefined && changes.length > 0)
      await this.clickhouse.insert(
        'member_changes',
        changes.map(([number, isAdded]) => ({
          build: segment.build,
          segment: segment.id,
          visitor: this.visitor(number),
          seen,
          added: isAdded,
        })),
      );
    await this.clickhouse.insert('builds', [
      {
        segment: segment.id,
        build: segment.build,
        state: 'built',
        size: visitors.length,
        added: before === undefined ? null : added.length,
        removed: before === undefined ? null : removed.length,
        time: seen,
      },
    ]);
  }

  consent(number: number, state: object = {}): Promise<void> {
    return this.clickhouse.insert('consents', [
      {
        visitor: this.visitor(number),
        time: this.time(),
        landed: this.stored(),
        withdrawn: 0,
        purposes: 0b1101,
        partners: ['acme'],
        origin: 'pixel',
        ...state,
      },
    ]);
  }

  withdraw = (number: number) => this.consent(number, { withdrawn: 1, purposes: 0, partners: [] });

  /** @param uid an empty one deletes the match. */
  link(number: number, source: string, uid: string, change: object = {}): Promise<void> {
    const time = this.time();
    return this.clickhouse.insert('links', [
      {
        source,
        visitor: this.visitor(number),
        uid: uid === '' ? '' : this.uid(uid),
        own:
          source === 'acme'
            ? 0
            : String(this.#base + 500_000n + BigInt(uid.length * 1000 + uid.charCodeAt(0))),
        first: time,
        last: time,
        landed: this.stored(),
        ...change,
      },
    ]);
  }

  erase(number: number): Promise<void> {
    const time = this.time();
    const stored = new Date(this.stored() * 1000).toISOString();
    return this.clickhouse.insert('erasures', [
      {
        erasure: 'test',
        visitor: this.visitor(number),
        time,
        stored,
        origin: 'optout',
        suppressed: true,
      },
    ]);
  }

  request(change: Partial<PlanRequest> = {}): PlanRequest {
    this.#run += 1;
    this.#looked.set(this.#run, this.stored() + HOUR / 2000);
    this.#hour += 1;
    return {
      destination: this.destination,
      sources: [ACME, IDFA],
      vendors: ['acme'],
      segments: this.segments,
      run: this.#run,
      mode: 'delta',
      tells: 'changes',
      bySegment: false,
      lines: 2,
      minAudience: 0,
      retentionDays: 90,
      ...change,
    };
  }

  /** Plans a run and lets it count. */
  async planned(change: Partial<PlanRequest> = {}): Promise<{ request: PlanRequest; planned: Planned }> {
    const request = this.request(change);
    const planned = await plan(this.clickhouse, request);
    await this.publish(request);
    return { request, planned };
  }

  async publish({ destination, run }: PlanRequest): Promise<void> {
    const time = new Date().toISOString();
    await this.clickhouse.insert('delivery_runs', [
      { destination, run, state: 'planned', planned: time, time },
    ]);
    const looked = this.#looked.get(run);
    // Of a run that told again what was not taken there is no plan.
    if (looked === undefined) return;
    await this.clickhouse.onEachHost(async (host) => {
      await host.command(
        `ALTER TABLE {table:Identifier} UPDATE looked = fromUnixTimestamp({looked:UInt32})
         WHERE destination = {destination:String} AND run = {run:UInt64}`,
        { table: storedTable('plan_looks', host.cluster), looked, destination, run },
        { mutations_sync: '2' },
      );
    });
  }

  /** What a plan would say that compares everything: `code source uid said op`, sorted. */
  async everything(request: PlanRequest): Promise<string[]> {
    const { sql, params } = differenceSql(request);
    return this.#said(`SELECT code, source, uid, said, op FROM (${sql})`, params);
  }

  /** What a run says. */
  said({ destination, run }: PlanRequest): Promise<string[]> {
    return this.#said(
      'SELECT code, source, uid, said, op FROM sent_sets WHERE destination = {destination:String} AND seq = {run:UInt64}',
      { destination, run },
    );
  }

  async #said(sql: string, params: Params): Promise<string[]> {
    const rows = await this.clickhouse.query<{ line: string }>(
      `SELECT concatWithSeparator(' ', toString(code), toString(source), uid, toString(said), toString(op)) AS line
       FROM (${sql}) WHERE said != '' ORDER BY line`,
      params,
    );
    return rows.map(({ line }) => line);
  }

  /** All lines of a run, by chunks. */
  async lines({ destination, run }: PlanRequest, chunks: number, version = 0): Promise<Line[][]> {
    const all: Line[][] = [];
    for (let chunk = 1; chunk <= chunks; chunk++) {
      const lines: Line[] = [];
      for await (const line of readLines(this.clickhouse, { destination, run, chunk, version }))
        lines.push(line);
      all.push(lines);
    }
    return all;
  }

  /** How a chunk ended. */
  ended({ destination, run }: PlanRequest, chunk: number, state: string): Promise<void> {
    return this.clickhouse.insert('delivery_chunks', [
      { destination, run, chunk, step: 1, state, time: new Date().toISOString() },
    ]);
  }
}

const worldOf = (destination: string) => destination.replace('destination', 'w');

/** What a destination holds that takes everything it is told: `code source uid`, sorted. */
export class Held {
  readonly #held = new Set<string>();
  readonly #tellsAll: boolean;

  constructor(tells: PlanRequest['tells'] = 'changes') {
    this.#tellsAll = tells === 'all';
  }

  take(lines: readonly Line[]): void {
    for (const { source, uid, add, remove, all } of lines) {
      const key = (code: string) => JSON.stringify([code, source, uid]);
      if (this.#tellsAll) {
        for (const held of this.#held)
          if (JSON.stringify((JSON.parse(held) as string[]).slice(1)) === JSON.stringify([source, uid]))
            this.#held.delete(held);
        for (const code of all) this.#held.add(key(code));
      } else {
        for (const code of remove) this.#held.delete(key(code));
        for (const code of add) this.#held.add(key(code));
      }
    }
  }

  clear(): void {
    this.#held.clear();
  }

  get set(): string[] {
    return [...this.#held].map((key) => (JSON.parse(key) as string[]).join(' ')).sort();
  }
}
