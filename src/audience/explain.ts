import type { ClickHouse } from '../clickhouse/client.ts';
import { iso } from '../clickhouse/time.ts';
import type { Merge } from '../registry/kinds.ts';
import { compile } from './rule/compile.ts';
import { type Evidence, type Finding, gather } from './rule/evidence.ts';
import type { Via } from './rule/pass.ts';
import { relatedTo } from './rule/related.ts';
import { standsInline } from './rule/resolve.ts';
import type { Clause, MembersOf, ResolvedRule } from './rule/rule.ts';

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
 * Why a visitor is in a segment, or is not: the rule part by part, each clause by what is stored of this visitor, or of
 * his device where the rule is asked of all its visitors together. Only who is a member of a segment with another merge
 * rule, or whom of his household the rule has, is found by the very statement that a build runs: planning one takes
 * longer than reading what the clauses hang on.
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
  const related = await relatedTo(clickhouse, visitor, resolved, merge);
  const device = related.device.length > 0 ? related.device : [visitor];
  const housemates = merge === 'household' ? related.household.filter((other) => other !== visitor) : [];
  const asks = new Questions(asked.segments, merge === 'device' && device.length > 1);
  const root = asks.look(asked.rule, resolved, merge, '');
  const own = housemates.length > 0 ? asks.ask(resolved, 'visitor') : undefined;
  const [answers, { together, alone, seen }, consent] = await Promise.all([
    asks.answers(clickhouse, asOf, related.all),
    asks.gather(clickhouse, asOf, visitor, device),
    readConsent(clickhouse, visitor),
  ]);
  const holds = (question: string) => answers.has(`${question} ${visitor}`);
  const rule = root({ holds, findings: together, isAlone: false });
  const household = housemates.map((other) => ({ visitor: other, member: answers.has(`${own} ${other}`) }));
  const barred = seen === null ? 'no_hits' : consent?.withdrawn ? 'withdrawn' : null;
  const via = (): Via | null => {
    if (barred !== null) return null;
    if (!rule.holds) return household.some(({ member }) => member) ? 'household' : null;
    return alone === undefined || root({ holds, findings: alone, isAlone: true }).holds ? 'own' : 'device';
  };
  const by = via();
  return {
    visitor,
    member: by !== null,
    via: by,
    barred,
    rule,
    device: related.device.filter((other) => other !== visitor),
    household,
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

type Findings = ReadonlyMap<Clause, Finding>;

/** What is known once all is answered. */
interface Known {
  readonly holds: (question: string) => boolean;
  readonly findings: Findings;
  /** Of the visitor without the others of his device. */
  readonly isAlone: boolean;
}

/** Puts a part of the rule together once the answers are there. */
type Answered = (known: Known) => Explained;

/** What is asked about a rule: of each clause what it hangs on, and, in one statement, who is a member of what. */
class Questions {
  readonly #segments: Explicable['segments'];
  readonly #asksAlone: boolean;
  readonly #rules = new Map<string, ResolvedRule>();
  readonly #merges = new Map<string, Merge>();
  readonly #clauses: Record<'visitor' | 'device', Set<Clause>> = { visitor: new Set(), device: new Set() };

  /** @param asksAlone whether a rule that is asked of a device is asked of the visitor alone too. */
  constructor(segments: Explicable['segments'], asksAlone: boolean) {
    this.#segments = segments;
    this.#asksAlone = asksAlone;
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
      return (known) => {
        const explained = parts.map((part) => part(known));
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
      return (known) => {
        const not = part(known);
        return { path: path || '/', holds: !not.holds, not };
      };
    }
    const clause = { path: path || '/', clause: json };
    if ('segment' in node) {
      const referred = this.#segments(node['segment'] as string)!;
      if (standsInline(referred.merge, merge)) {
        const part = this.look(referred.rule, rule, merge, '');
        return (known) => {
          const within = part(known);
          return { ...clause, holds: within.holds, rule: within };
        };
      }
      const name = this.ask(rule, unit);
      const alone = unit === 'device' && this.#asksAlone ? this.ask(rule, 'visitor') : name;
      const part = this.look(referred.rule, (rule as MembersOf).rule, referred.merge, '');
      return (known) => ({ ...clause, holds: known.holds(known.isAlone ? alone : name), rule: part(known) });
    }
    this.#clauses[unit].add(rule as Clause);
    return ({ findings }) => ({ ...clause, ...findings.get(rule as Clause)! });
  }

  /** @returns by question and visitor, as `question visitor`, which merge rule makes a yes of it. */
  async answers(
    clickhouse: ClickHouse,
    asOf: Date,
    visitors: readonly bigint[],
  ): Promise<ReadonlyMap<string, Via>> {
    if (this.#rules.size === 0) return new Map();
    const { sql, params } = compile(this.#rules, asOf, this.#merges, visitors);
    const rows = await clickhouse.query<{ segment: string; visitor: string; via?: Via }>(sql, params);
    return new Map(rows.map(({ segment, visitor, via = 'own' }) => [`${segment} ${visitor}`, via]));
  }

  /**
   * Reads what the clauses hang on, and when the visitor was last seen: null = there is no hit of him.
   *
   * @returns the findings `together`, and, where that is asked, those of the visitor `alone`.
   */
  async gather(
    clickhouse: ClickHouse,
    asOf: Date,
    visitor: bigint,
    device: readonly bigint[],
  ): Promise<{ together: Findings; alone: Findings | undefined; seen: string | null }> {
    const of = async (asked: ReadonlySet<Clause>, visitors: readonly bigint[]) => {
      const clauses = [...asked];
      const { findings, seen } = await gather(clickhouse, clauses, visitors, asOf.getTime());
      return { findings: clauses.map((clause, index) => [clause, findings[index]!] as const), seen };
    };
    const { visitor: ofVisitor, device: ofDevice } = this.#clauses;
    const [alone, ...gathered] = await Promise.all([
      this.#asksAlone ? of(ofDevice, [visitor]) : undefined,
      ...(ofVisitor.size > 0 ? [of(ofVisitor, [visitor])] : []),
      ...(ofDevice.size > 0 ? [of(ofDevice, device)] : []),
    ]);
    const together = gathered.flatMap(({ findings }) => findings);
    return {
      together: new Map(together),
      alone: alone && new Map([...together, ...alone.findings]),
      seen: gathered[0]?.seen.get(visitor) ?? null,
    };
  }
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
