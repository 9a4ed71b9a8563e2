import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import type { Merge } from '../registry/kinds.ts';
import { compile } from './rule/compile.ts';
import { type Clause, type Evidence, gather } from './rule/evidence.ts';
import type { Via } from './rule/pass.ts';
import { standsInline } from './rule/resolve.ts';
import type { MembersOf, ResolvedRule } from './rule/rule.ts';

/** A segment's rule as its operator wrote it: JSON that `parseRule` has read. */
export interface Written {
  readonly rule: unknown;
  readonly merge: Merge;
}

/** What is to be explained. */
export interface Explicable extends Written {
  /** The same rule, resolved under its merge rule. */
  readonly resolved: ResolvedRule;
  /** The segments that it was resolved with, as they are written. */
  readonly segments: (id: string) => Written | undefined;
}

/** A part of a rule, and whether it holds. */
export interface Explained {
  /** JSON Pointer (RFC 6901) into the rule that it is a part of: the segment's own, or that of the segment above it. */
  readonly path: string;
  readonly holds: boolean;
  /** As it is written; of `all`, `any` and `not` their parts say it. */
  readonly clause?: unknown;
  readonly evidence?: Evidence;
  readonly all?: readonly Explained[];
  readonly any?: readonly Explained[];
  readonly not?: Explained;
  /** The rule of the segment that a clause refers to, asked of its own. */
  readonly rule?: Explained;
}

/** Why somebody is not a member, whatever the rule says. */
export type Barred = 'no_hits' | 'withdrawn';

export interface Explanation {
  readonly visitor: bigint;
  readonly member: boolean;
  /** Which merge rule makes a member of the visitor; null = none does. */
  readonly via: Via | null;
  readonly barred: Barred | null;
  readonly rule: Explained;
  /** Visitors of the same device, where the rule or a segment in it is asked of them together. */
  readonly device: readonly bigint[];
  /** Visitors of a same household, where it is asked for, and whether each meets the rule alone. */
  readonly household: readonly { readonly visitor: bigint; readonly member: boolean }[];
  /** The newest word on consent. */
  readonly consent: {
    readonly time: string;
    readonly withdrawn: boolean;
    /** Of the TCF. */
    readonly purposes: readonly number[];
    readonly partners: readonly string[];
  } | null;
  /** ISO 8601: of the newest hit. */
  readonly lastSeen: string | null;
  /** The day (UTC) on which nothing is left of the visitor, and so no membership, unless seen again. */
  readonly expires: string | null;
}

const DAY_MS = 86_400_000;

/**
 * Why a visitor is in a segment, or is not: the rule part by part, by the very statement that a build runs, about
 * this visitor and those who count together with him.
 *
 * @param visitor UInt64.
 * @param retentionDays how long a hit is kept.
 * @throws ClickHouseError
 */
export async function explain(
  clickhouse: ClickHouse,
  asked: Explicable,
  visitor: bigint,
  asOf: Date,
  retentionDays: number,
): Promise<Explanation> {
  const { resolved, merge } = asked;
  const asks = new Questions(asked.segments);
  const root = asks.look(asked.rule, resolved, merge, '');
  const own = asks.ask(resolved, 'visitor');
  const whole = asks.ask(resolved, merge);
  const related = await relatedTo(clickhouse, visitor, resolved, merge);
  const device = related.device.length > 0 ? related.device : [visitor];
  const [answers, evidence, seen, consent] = await Promise.all([
    asks.answers(clickhouse, asOf, related.all),
    asks.gather(clickhouse, asOf, visitor, device),
    readSeen(clickhouse, visitor),
    readConsent(clickhouse, visitor),
  ]);
  const via = answers.get(`${whole} ${visitor}`) ?? null;
  const barred = seen === null ? 'no_hits' : consent?.withdrawn ? 'withdrawn' : null;
  return {
    visitor,
    member: via !== null && barred === null,
    via: barred === null ? via : null,
    barred,
    rule: root((id) => answers.has(`${id} ${visitor}`), evidence),
    device: related.device.filter((other) => other !== visitor),
    household: related.household
      .filter((other) => other !== visitor)
      .map((other) => ({ visitor: other, member: answers.has(`${own} ${other}`) })),
    consent,
    lastSeen: seen,
    expires:
      seen === null
        ? null
        : new Date(Date.parse(`${seen.slice(0, 10)}T00:00:00Z`) + retentionDays * DAY_MS)
            .toISOString()
            .slice(0, 10),
  };
}

/** Puts a part of the rule together once the answers are there. */
type Answered = (holds: (question: string) => boolean, evidence: ReadonlyMap<string, Evidence>) => Explained;

/** What is asked about a rule: each clause as a rule of its own, all in one statement. */
class Questions {
  readonly #segments: Explicable['segments'];
  readonly #rules = new Map<string, ResolvedRule>();
  readonly #merges = new Map<string, Merge>();
  /** Of these the evidence is wanted. */
  readonly #clauses = new Map<string, Clause>();

  constructor(segments: Explicable['segments']) {
    this.#segments = segments;
  }

  /** @returns the question's name. */
  ask(rule: ResolvedRule, merge: Merge): string {
    const name = String(this.#rules.size);
    this.#rules.set(name, rule);
    this.#merges.set(name, merge);
    return name;
  }

  /** Walks a rule as it is written and as it is resolved, side by side. */
  look(json: unknown, rule: ResolvedRule, merge: Merge, path: string): Answered {
    const node = json as Readonly<Record<string, unknown>>;
    const unit = merge === 'device' ? 'device' : 'visitor';
    for (const [op, every] of [
      ['all', true],
      ['any', false],
    ] as const) {
      if (!(op in node)) continue;
      const { rules } = rule as { readonly rules: readonly ResolvedRule[] };
      const parts = (node[op] as readonly unknown[]).map((child, index) =>
        this.look(child, rules[index]!, merge, `${path}/${op}/${index}`),
      );
      return (...known) => {
        const explained = parts.map((part) => part(...known));
        const holds = every ? explained.every((part) => part.holds) : explained.some((part) => part.holds);
        return { path: path || '/', holds, [op]: explained };
      };
    }
    if ('not' in node) {
      const part = this.look(
        node['not'],
        (rule as { readonly rule: ResolvedRule }).rule,
        merge,
        `${path}/not`,
      );
      return (...known) => {
        const not = part(...known);
        return { path: path || '/', holds: !not.holds, not };
      };
    }
    const clause = { path: path || '/', clause: json };
    if ('segment' in node) {
      const referred = this.#segments(node['segment'] as string)!;
      if (standsInline(referred.merge, merge)) {
        const part = this.look(referred.rule, rule, merge, '');
        return (...known) => {
          const within = part(...known);
          return { ...clause, holds: within.holds, rule: within };
        };
      }
      const name = this.ask(rule, unit);
      const part = this.look(referred.rule, (rule as MembersOf).rule, referred.merge, '');
      return (...known) => ({ ...clause, holds: known[0](name), rule: part(...known) });
    }
    const name = this.ask(rule, unit);
    this.#clauses.set(name, rule as Clause);
    return (holds, evidence) => ({ ...clause, holds: holds(name), evidence: evidence.get(name)! });
  }

  /** @returns by question and visitor, as `question visitor`, which merge rule makes a yes of it. */
  async answers(
    clickhouse: ClickHouse,
    asOf: Date,
    visitors: readonly bigint[],
  ): Promise<ReadonlyMap<string, Via>> {
    const { sql, params } = compile(this.#rules, asOf, this.#merges, visitors);
    const rows = await clickhouse.query<{ segment: string; visitor: string; via?: Via }>(sql, params);
    return new Map(rows.map(({ segment, visitor, via = 'own' }) => [`${segment} ${visitor}`, via]));
  }

  async gather(
    clickhouse: ClickHouse,
    asOf: Date,
    visitor: bigint,
    device: readonly bigint[],
  ): Promise<ReadonlyMap<string, Evidence>> {
    const found = await Promise.all(
      (['visitor', 'device'] as const).map(async (unit) => {
        const asked = [...this.#clauses].filter(([name]) => this.#merges.get(name) === unit);
        const evidence = await gather(
          clickhouse,
          asked.map(([, clause]) => clause),
          unit === 'device' ? device : [visitor],
          asOf.getTime(),
        );
        return asked.map(([name], index) => [name, evidence[index]!] as const);
      }),
    );
    return new Map(found.flat());
  }
}

/** Whose rows the answer may hang on, and who among them is of the same device or household. */
async function relatedTo(
  clickhouse: ClickHouse,
  visitor: bigint,
  rule: ResolvedRule,
  merge: Merge,
): Promise<{ all: bigint[]; device: bigint[]; household: bigint[] }> {
  const { merges, depth } = mergesOf(rule, merge);
  const all = new Set([visitor]);
  let device: bigint[] = [];
  let household: bigint[] = [];
  // A household's member may be one by a segment that is merged by device, and so on.
  for (let step = 0; step < depth; step++) {
    const from = [...all];
    const [sameDevice, sameHousehold] = await Promise.all([
      merges.has('device') ? together(clickhouse, 'kept_clusters', 'cluster', from) : [],
      merges.has('household') ? together(clickhouse, 'kept_households', 'household', from) : [],
    ]);
    if (step === 0) [device, household] = [sameDevice, sameHousehold];
    for (const other of [...sameDevice, ...sameHousehold]) all.add(other);
    if (all.size === from.length) break;
  }
  return { all: [...all], device, household };
}

/** Which merge rules a rule and the segments in it have, and how deep those of more than the visitor lie. */
function mergesOf(rule: ResolvedRule, merge: Merge): { merges: ReadonlySet<Merge>; depth: number } {
  const merges = new Set<Merge>([merge]);
  let depth = 0;
  const open: [ResolvedRule, number][] = [[rule, merge === 'visitor' ? 0 : 1]];
  for (let next = open.pop(); next; next = open.pop()) {
    const [node, at] = next;
    depth = Math.max(depth, at);
    if (node.op === 'all' || node.op === 'any') for (const child of node.rules) open.push([child, at]);
    if (node.op === 'not') open.push([node.rule, at]);
    if (node.op === 'members') {
      merges.add(node.merge);
      open.push([node.rule, node.merge === 'visitor' ? at : at + 1]);
    }
  }
  return { merges, depth };
}

async function together(
  clickhouse: ClickHouse,
  view: 'kept_clusters' | 'kept_households',
  group: 'cluster' | 'household',
  visitors: readonly bigint[],
): Promise<bigint[]> {
  const rows = await clickhouse.query<{ visitor: string }>(
    `SELECT DISTINCT visitor FROM ${view} WHERE ${group} GLOBAL IN (SELECT ${group} FROM ${view} WHERE visitor IN {visitors:Array(UInt64)}) ORDER BY visitor`,
    { visitors },
  );
  return rows.map((row) => BigInt(row.visitor));
}

async function readSeen(clickhouse: ClickHouse, visitor: bigint): Promise<string | null> {
  const [row] = await clickhouse.query<{ hits: string; last: string }>(
    'SELECT count() AS hits, max(time) AS last FROM kept_hits WHERE visitor = {visitor:UInt64}',
    { visitor },
  );
  return row === undefined || row.hits === '0' ? null : iso(row.last);
}

async function readConsent(clickhouse: ClickHouse, visitor: bigint): Promise<Explanation['consent']> {
  const [row] = await clickhouse.query<{
    time: string;
    withdrawn: number;
    purposes: number;
    partners: string[];
  }>('SELECT time, withdrawn, purposes, partners FROM kept_consents WHERE visitor = {visitor:UInt64}', {
    visitor,
  });
  if (row === undefined) return null;
  // Bit p - 1 is purpose p.
  const purposes = Array.from({ length: 16 }, (_, bit) => bit + 1).filter(
    (p) => row.purposes & (1 << (p - 1)),
  );
  return { time: iso(row.time), withdrawn: row.withdrawn === 1, purposes, partners: row.partners };
}
