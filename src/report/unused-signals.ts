import { Binding } from '../audience/rule/binding.ts';
import { metSql } from '../audience/rule/match.ts';
import type { ClickHouse } from '../clickhouse/client.ts';
import { rangeParams, type ShownSpan, type Span, shownSpan, withinSql } from './range.ts';
import { SIGNALS, type Signal, type UsedSignals } from './used-signals.ts';

/** What hits say and no segment asks for. */
export interface UnusedSignal {
  readonly kind: Signal;
  readonly value: string;
  readonly hits: number;
  readonly visitors: number;
  /** Of a segment that would use it. */
  readonly rule: {
    readonly did: Readonly<Partial<Record<Signal | 'site', string>>>;
    /** Since the beginning of the report, to the hour. */
    readonly within: string;
  };
}

export interface UnusedSignalsReport extends ShownSpan {
  readonly site: string | null;
  /** Of each kind those with the most visitors, most first. */
  readonly items: readonly UnusedSignal[];
}

/** What hits say, whether or not a segment asks for it. */
export interface SignalsReport extends ShownSpan {
  readonly site: string | null;
  /** Of each kind those with the most visitors, most first. */
  readonly items: readonly Omit<UnusedSignal, 'rule'>[];
}

export interface SignalsQuestion {
  readonly range: Span;
  readonly site?: string | undefined;
  /** Fewer visitors are no volume. */
  readonly minVisitors: number;
  /** Of each kind. */
  readonly limit: number;
}

export interface UnusedQuestion extends SignalsQuestion {
  readonly used: UsedSignals;
}

const ATTENTION = 'attention';
/** Every hit of a browser has the one or the other: no segment is the poorer for not naming them. */
const EVERYWHERE = ['pageview', ATTENTION];
/** A ping of attention is no hit for a rule that does not name it, and its signals are those of its page. */
const NO_PING = `event != '${ATTENTION}'`;

/** Rows of hits or of features, by the kind of signal that is read there. */
const SOURCES: Readonly<Record<Signal, { readonly from: string; readonly value: string }>> = {
  category: { from: `kept_features WHERE kind = 'category' AND ${NO_PING}`, value: 'value' },
  keyword: { from: `kept_features WHERE kind = 'keyword' AND ${NO_PING}`, value: 'value' },
  event: { from: 'kept_hits WHERE NOT has({passed:Array(String)}, event)', value: 'event' },
  path: { from: `kept_hits WHERE path != '' AND ${NO_PING}`, value: 'path' },
};

/**
 * Categories, keywords, events and paths with volume that no segment uses.
 *
 * @throws ClickHouseError
 */
export async function unusedSignals(
  clickhouse: ClickHouse,
  question: UnusedQuestion,
): Promise<UnusedSignalsReport> {
  const items: UnusedSignal[] = [];
  // One kind after the other: each holds a set of the ids of the hits it counts.
  for (const kind of SIGNALS) items.push(...(await signalsOf(clickhouse, kind, question, EVERYWHERE)));
  return { ...shownSpan(question.range), site: question.site ?? null, items };
}

const NONE: ReadonlySet<string> = new Set();
const NOTHING_USED: UsedSignals = { category: NONE, keyword: NONE, event: NONE, path: NONE };

/**
 * All categories, keywords, events and paths with volume.
 *
 * @throws ClickHouseError
 */
export async function signals(clickhouse: ClickHouse, question: SignalsQuestion): Promise<SignalsReport> {
  const items: Omit<UnusedSignal, 'rule'>[] = [];
  for (const kind of SIGNALS) {
    const seen = await signalsOf(clickhouse, kind, { ...question, used: NOTHING_USED }, []);
    items.push(...seen.map(({ rule: _, ...signal }) => signal));
  }
  return { ...shownSpan(question.range), site: question.site ?? null, items };
}

/** @param passed events that are passed over. */
async function signalsOf(
  clickhouse: ClickHouse,
  kind: Signal,
  { range, site, used, minVisitors, limit }: UnusedQuestion,
  passed: readonly string[],
): Promise<UnusedSignal[]> {
  const { from, value } = SOURCES[kind];
  const binding = new Binding();
  const patterns = kind === 'path' ? [...used.path].filter((path) => path.includes('*')) : [];
  const within = durationOf(Math.max(Date.now(), range.to) - range.from);
  const unmet = patterns.length === 0 ? '1' : `NOT ${metSql({ path: patterns }, binding, 'kept_hits', true)}`;
  const exact = used[kind];
  const rows = await clickhouse.query<{ signal: string; hits: string; visitors: string }>(
    `SELECT toString(${value}) AS signal, uniqExact(hit) AS hits, uniqExact(visitor) AS visitors
     FROM ${from} AND ${withinSql('time')} AND ({site:String} = '' OR site = {site:String}) AND ${unmet}
     GROUP BY signal HAVING visitors >= {minVisitors:UInt64}
     ORDER BY visitors DESC, signal LIMIT {most:UInt64}`,
    {
      ...binding.params,
      ...rangeParams(range),
      site: site ?? '',
      passed,
      minVisitors,
      // However many of the commonest are used, as many as are asked for remain: no list of them need be sent.
      most: limit + exact.size,
    },
  );
  return rows
    .filter(({ signal }) => !exact.has(signal))
    .slice(0, limit)
    .map(({ signal, hits, visitors }) => ({
      kind,
      value: signal,
      hits: Number(hits),
      visitors: Number(visitors),
      rule: { did: { [kind]: signal, ...(site === undefined ? {} : { site }) }, within },
    }));
}

/** A duration of the rule language, in days where these are whole. */
function durationOf(ms: number): string {
  const hours = Math.max(1, Math.round(ms / 3_600_000));
  return hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`;
}
