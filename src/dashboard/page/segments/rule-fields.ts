import { type ClauseKind, isWritten, kindOf, type Written } from './rule-tree.ts';

/** A name and any of its values: a field of a Match, or an attribute. */
export interface Row {
  readonly name: string;
  readonly values: readonly string[];
}

/** From, to, both included. An end that is undefined is open; both are, where nothing is said. */
export interface Span {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** A clause as the fields of a form: what a person sees of it is all there is to it. */
export type ClauseFields =
  | { readonly kind: 'did'; readonly match: readonly Row[]; readonly times: Span; readonly within: string }
  | { readonly kind: 'dwell'; readonly seconds: Span; readonly on: readonly Row[]; readonly within: string }
  | {
      readonly kind: 'sequence';
      readonly steps: readonly (readonly Row[])[];
      readonly gap: string;
      readonly within: string;
    }
  | { readonly kind: 'interest'; readonly interest: string; readonly score: Span }
  | { readonly kind: 'demographic'; readonly wanted: readonly Row[]; readonly probability: Span }
  | { readonly kind: 'segment'; readonly segment: string }
  | { readonly kind: 'trait'; readonly trait: string }
  | { readonly kind: 'like'; readonly like: string; readonly percent: number };
export type FieldsOf<K extends ClauseKind> = Extract<ClauseFields, { kind: K }>;

/** Every field a Match can name, with what a person is told about its values. */
export const MATCH_FIELDS: Readonly<Record<string, string>> = {
  category: 'IAB category',
  keyword: 'keyword',
  path: 'path, such as /sport/*',
  event: 'event, such as pageview',
  site: 'site',
  title: 'page title, with * as a wildcard',
  referrer: 'referrer, with * as a wildcard',
  country: 'country, such as US',
  region: 'region, such as US-CA',
  language: 'language, such as en',
  device: 'device, such as mobile',
  os: 'operating system',
  browser: 'browser',
  hour: 'hour of the day, 0 to 23',
  weekday: 'weekday, 1 (Monday) to 7',
  source: 'source of the visit',
  campaign: 'campaign',
  creative: 'creative',
};
/** Fields whose values are whole numbers. */
export const NUMBERS: ReadonlySet<string> = new Set(['hour', 'weekday']);
const DIGITS = /^\d{1,2}$/;

/** What the rule language takes where nothing is said. */
const USUAL_TIMES = 1;
const USUAL_SCORE = 50;

/** What each kind of clause may have; with anything else in it, its fields would not show it whole. */
const PARTS: Readonly<Record<ClauseKind, readonly string[]>> = {
  did: ['did', 'times', 'within'],
  dwell: ['dwell', 'on', 'within'],
  sequence: ['sequence', 'gap', 'within'],
  interest: ['interest', 'score'],
  demographic: ['demographic', 'probability'],
  segment: ['segment'],
  trait: ['trait'],
  like: ['like', 'reach'],
};

/**
 * Reads a clause of the rule language as fields.
 *
 * @returns undefined where fields could not show the clause whole: it is shown as it is written then, so that nobody
 *   changes what is not in view.
 */
export function fieldsOf(clause: unknown): ClauseFields | undefined {
  const kind = kindOf(clause);
  if (!isWritten(clause) || kind === undefined || kind === 'all' || kind === 'any' || kind === 'not')
    return undefined;
  if (Object.keys(clause).some((name) => !PARTS[kind].includes(name))) return undefined;
  const fields = read(kind, clause);
  return Object.values(fields).includes(undefined) ? undefined : (fields as ClauseFields);
}

/** Every field, undefined where what is written has no place in it. */
function read(kind: ClauseKind, clause: Written): Readonly<Record<string, unknown>> {
  const within = () => durationOf(clause['within']);
  switch (kind) {
    case 'did':
      return {
        kind,
        match: matchOf(clause['did']),
        times: spanOf(clause['times'], { from: USUAL_TIMES, to: undefined }),
        within: within(),
      };
    case 'dwell':
      return { kind, seconds: spanOf(clause['dwell']), on: matchOf(clause['on'] ?? {}), within: within() };
    case 'sequence':
      return { kind, steps: stepsOf(clause['sequence']), gap: durationOf(clause['gap']), within: within() };
    case 'interest':
      return {
        kind,
        interest: textOf(clause['interest']),
        score: spanOf(clause['score'], { from: USUAL_SCORE, to: undefined }),
      };
    case 'demographic':
      return {
        kind,
        wanted: rowsOf(clause['demographic']),
        probability: spanOf(clause['probability'], { from: undefined, to: undefined }),
      };
    case 'segment':
      return { kind, segment: textOf(clause['segment']) };
    case 'trait':
      return { kind, trait: textOf(clause['trait']) };
    case 'like':
      return { kind, like: textOf(clause['like']), percent: percentOf(clause['reach']) };
  }
}

/** @returns the clause that the fields stand for; a number that is still missing is NaN in it. */
export function clauseOf(fields: ClauseFields): Written {
  switch (fields.kind) {
    case 'did':
      return {
        did: written(fields.match),
        ...unlessUsual('times', fields.times, USUAL_TIMES),
        ...said('within', fields.within),
      };
    case 'dwell':
      return {
        dwell: rangeOf(fields.seconds),
        ...(fields.on.length === 0 ? {} : { on: written(fields.on) }),
        ...said('within', fields.within),
      };
    case 'sequence':
      return {
        sequence: fields.steps.map(written),
        ...said('gap', fields.gap),
        ...said('within', fields.within),
      };
    case 'interest':
      return { interest: fields.interest, ...unlessUsual('score', fields.score, USUAL_SCORE) };
    case 'demographic': {
      const { from, to } = fields.probability;
      return {
        demographic: written(fields.wanted),
        ...(from === undefined && to === undefined ? {} : { probability: rangeOf(fields.probability) }),
      };
    }
    case 'segment':
      return { segment: fields.segment };
    case 'trait':
      return { trait: fields.trait };
    case 'like':
      return { like: fields.like, reach: fields.percent / 100 };
  }
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** Empty = not said. */
const durationOf = (value: unknown) => (value === undefined ? '' : textOf(value));

const said = (name: string, text: string): Written => (text === '' ? {} : { [name]: text });

/** @param absent what it means where there is none; without it there must be one. */
function spanOf(value: unknown, absent?: Span): Span | undefined {
  if (value === undefined) return absent;
  // Not a number: a field that was emptied, and nothing is said in it yet.
  if (typeof value === 'number') return { from: Number.isNaN(value) ? undefined : value, to: undefined };
  if (!isWritten(value)) return undefined;
  const bounds = Object.entries(value);
  if (bounds.length === 0 || bounds.some(([, bound]) => typeof bound !== 'number')) return undefined;
  const { gte, lte, eq } = value as Record<'gte' | 'lte' | 'eq', number | undefined>;
  if (eq !== undefined) return bounds.length === 1 ? { from: eq, to: eq } : undefined;
  return bounds.every(([name]) => name === 'gte' || name === 'lte') ? { from: gte, to: lte } : undefined;
}

function rangeOf({ from, to }: Span): unknown {
  if (to === undefined) return from ?? Number.NaN;
  return from === undefined ? { lte: to } : { gte: from, lte: to };
}

const unlessUsual = (name: string, span: Span, usual: number): Written =>
  span.from === usual && span.to === undefined ? {} : { [name]: rangeOf(span) };

/** A share in percent, without what binary fractions add to it: 0.07 is 7, not 7.000000000000001. */
function percentOf(reach: unknown): number | undefined {
  if (typeof reach !== 'number') return undefined;
  const percent = Number((reach * 100).toPrecision(12));
  return Object.is(percent / 100, reach) ? percent : undefined;
}

function rowsOf(value: unknown): readonly Row[] | undefined {
  if (!isWritten(value)) return undefined;
  const rows = Object.entries(value).map(([name, values]) => ({ name, values: valuesOf(name, values) }));
  return rows.every((row): row is Row => row.values !== undefined) ? rows : undefined;
}

function matchOf(value: unknown): readonly Row[] | undefined {
  const rows = rowsOf(value);
  return rows?.every(({ name }) => Object.hasOwn(MATCH_FIELDS, name)) ? rows : undefined;
}

function stepsOf(value: unknown): readonly (readonly Row[])[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const steps = value.map(matchOf);
  return steps.every((step) => step !== undefined) ? steps : undefined;
}

function valuesOf(name: string, value: unknown): readonly string[] | undefined {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (!NUMBERS.has(name)) return values.every((each) => typeof each === 'string') ? values : undefined;
  // The API takes digits as text too.
  return values.every((each) => DIGITS.test(String(each)))
    ? values.map((each) => String(Number(each)))
    : undefined;
}

const written = (rows: readonly Row[]): Written =>
  Object.fromEntries(rows.map(({ name, values }) => [name, NUMBERS.has(name) ? values.map(Number) : values]));
