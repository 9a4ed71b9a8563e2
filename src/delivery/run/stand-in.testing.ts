import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { z } from 'zod';
import type { ClickHouse } from '../../clickhouse/client.ts';
import { Leases } from '../../jobs/lease.ts';
import { type Destination, KINDS } from '../../registry/kinds.ts';
import type { Chunk, Context, DestinationType, Limits, Line, Taken } from '../destination.ts';
import type { Outbound } from '../outbound.ts';
import { Vault } from '../secrets.ts';
import type { Courier, LinesOf, Planned, Planning, Plans } from './courier.ts';

export const SECRET = 'a secret of at least 24 characters';
export const ALL_TAKEN: Taken = { accepted: 0, failed: [] };

/** What a stand-in was sent: once with each try. */
export interface Sent {
  readonly chunk: Chunk;
  readonly lines: readonly Line[];
  readonly remembered: string | undefined;
}

/** A destination that does with a chunk as it is told, and remembers what it was sent. */
export class StandIn {
  readonly tries: Sent[] = [];
  /** Ids it has, each with its segments, of the chunks that it took. */
  readonly held = new Map<string, Set<string>>();
  /** Answers a try; the default takes everything. */
  answer: (sent: Sent, nth: number, remember: Context<unknown>['remember']) => Taken | Promise<Taken> = () =>
    ALL_TAKEN;
  limits: Limits = { lines: 10, concurrency: 2 };
  readonly type: DestinationType;

  constructor() {
    this.type = {
      type: 'stand-in',
      title: 'Stand-in',
      summary: 'Takes what it is told to take.',
      settings: z.strictObject({ account: z.string(), token: z.string() }),
      secrets: ['token'],
      places: [],
      takes: { partner: true, devices: [] },
      tells: 'changes',
      bySegment: false,
      removes: true,
      expiryDays: { usual: 30, most: 90 },
      limits: () => this.limits,
      hasAll: (remembered) => remembered === 'uploaded',
      send: async (chunk, { remembered, remember }) => {
        const lines: Line[] = [];
        for await (const line of chunk.lines()) lines.push(line);
        const sent = { chunk, lines, remembered };
        this.tries.push(sent);
        const taken = await this.answer(sent, this.tries.length, remember);
        const failed = new Set(taken.failed.map(({ number }) => number));
        for (const line of lines) if (!failed.has(line.number)) this.#apply(line);
        return { ...taken, accepted: lines.length - failed.size };
      },
      preview: async () => '',
    };
  }

  #apply({ uid, add, remove }: Line): void {
    const codes = this.held.get(uid) ?? new Set();
    for (const code of add) codes.add(code);
    for (const code of remove) codes.delete(code);
    this.held.set(uid, codes);
  }
}

/** Lines that a test wants planned, in place of the audience. */
export type Wanted = readonly {
  readonly uid: string;
  readonly add?: string[];
  readonly remove?: string[];
  readonly erased?: boolean;
}[];

/** Plans what it is told, with the tables of the real one. */
export class StandInPlans implements Plans {
  readonly #clickhouse: ClickHouse;
  /** What the next plan is. */
  wanted: Wanted = [];
  /** Versions that a look at chunks finds. */
  withheld = new Map<number, number>();
  /** Chunks that were looked at again. */
  readonly looks: { readonly run: number; readonly chunks: readonly number[] }[] = [];
  readonly planned: Planning[] = [];

  constructor(clickhouse: ClickHouse) {
    this.#clickhouse = clickhouse;
  }

  plan = async (planning: Planning): Promise<Planned> => {
    this.planned.push(planning);
    const { destination, run, lines: size } = planning;
    const rows = this.wanted.map(({ uid, add = [], remove = [], erased = false }, at) => ({
      destination: destination.id,
      run,
      chunk: 1 + Math.floor(at / size),
      number: at % size,
      source: 'partner',
      uid,
      add,
      remove,
      all: [],
      erased,
      observed: new Date().toISOString().slice(0, 10),
      time: new Date().toISOString(),
    }));
    const told = rows.flatMap(({ uid, add, remove, observed }) =>
      [...add.map((code) => ({ code, op: 'add' })), ...remove.map((code) => ({ code, op: 'remove' }))].map(
        (change) => ({
          ...change,
          said: change.op,
          destination: destination.id,
          source: 'partner',
          uid,
          seq: run,
          told: observed,
          observed,
        }),
      ),
    );
    await this.#clickhouse.insert('sent_sets', told);
    await this.#clickhouse.insert('delivery_lines', rows);
    const requests = rows.filter(({ erased }) => erased);
    if (requests.length > 0)
      await this.#clickhouse.insert(
        'subject_requests',
        requests.map(({ destination, source, uid, time }) => ({
          destination,
          run,
          source,
          uid,
          kind: 'deletion',
          time,
        })),
      );
    const chunks = Math.ceil(rows.length / size);
    const count = (chunk: number) => Math.min(size, rows.length - (chunk - 1) * size);
    if (chunks > 0)
      await this.#clickhouse.insert(
        'delivery_chunks',
        Array.from({ length: chunks }, (_, at) => ({
          destination: destination.id,
          run,
          chunk: at + 1,
          step: 0,
          state: 'planned',
          count: count(at + 1),
          next: 0,
          time: new Date().toISOString(),
        })),
      );
    const codes = [...new Set(rows.flatMap(({ add, remove }) => [...add, ...remove]))];
    return {
      segments: codes.map((code) => ({ id: code, code, name: code, ttlMinutes: 43_200, size: 1 })),
      chunks,
      lines: rows.length,
      adds: rows.flatMap(({ add }) => add).length,
      removes: rows.flatMap(({ remove }) => remove).length,
      refreshes: 0,
    };
  };

  /** Of version n the first n lines are withheld. */
  lines = ({ destination, run, chunk, version }: LinesOf): AsyncIterable<Line> => {
    const clickhouse = this.#clickhouse;
    return (async function* () {
      yield* await clickhouse.query<Line>(
        `SELECT number, source, uid, add, remove, all, erased FROM delivery_lines
         WHERE destination = {destination:String} AND run = {run:UInt64} AND chunk = {chunk:UInt32}
           AND number >= {version:UInt32} ORDER BY number`,
        { destination, run, chunk, version },
      );
    })();
  };

  recheck: Plans['recheck'] = async ({ run, chunks }) => {
    this.looks.push({ run, chunks });
    return this.withheld;
  };
}

const NOWHERE: Outbound = {
  ask: () => Promise.reject(new Error('a stand-in asks nobody')),
  lookup: () => undefined,
  connect: () => Promise.reject(new Error('a stand-in connects to nobody')),
};

export async function standInCourier(
  clickhouse: ClickHouse,
  type: DestinationType,
  plans: Plans,
): Promise<Courier> {
  const folder = await mkdtemp(join(tmpdir(), 'deliver-'));
  return {
    clickhouse,
    leases: new Leases(clickhouse, `test/${Math.random()}`),
    outbound: NOWHERE,
    vault: new Vault(SECRET),
    secret: SECRET,
    types: new Map([[type.type, type]]),
    plans,
    folder,
    drops: join(folder, 'drops'),
    log: pino({ level: 'silent' }),
    count: () => undefined,
  };
}

export const standInDestination = (id: string, version = 1): Destination => ({
  ...KINDS.destination.parse({
    name: id,
    type: 'stand-in',
    settings: { account: 'a' },
    secrets: { token: new Vault(SECRET).seal(id, 'token', 'swordfish') },
    segments: 'all',
  }),
  id,
  version,
  updatedAt: '2026-01-01T00:00:00.000Z',
});
