import { z } from 'zod';
import { nearest } from '../../nearest.ts';
import { isTrait, TRAIT_FORM } from '../traits/name.ts';
import { refuseExcess } from './excess.ts';
import { MAX_STEPS } from './limits.ts';
import { MAX_MISTAKES, type Path, type RefusedRule, type RuleRefusal, refuse, together } from './problem.ts';
import { readBetween, readBounds, readSeconds, readTimes } from './range.ts';
import {
  type Bounds,
  CLOCK_FIELDS,
  MATCH_FIELDS,
  type Match,
  type Rule,
  TEXT_FIELDS,
  UNKNOWN,
} from './rule.ts';
import {
  readClock,
  readDemographic,
  readDuration,
  readText,
  readValues,
  unknownField,
  Wrong,
} from './value.ts';

const OPERATORS = [
  'all',
  'any',
  'not',
  'did',
  'sequence',
  'dwell',
  'interest',
  'demographic',
  'segment',
  'trait',
  'like',
] as const;
type Operator = (typeof OPERATORS)[number];
/** Fields that stand beside an operator and are none. */
const COMPANIONS = ['times', 'within', 'gap', 'on', 'score', 'probability', 'reach'];

/** A reader as a zod schema; its complaint travels as a custom issue with the reason in it. */
const read = <T>(reader: (value: unknown) => T | Wrong) =>
  z.unknown().transform((value, context) => {
    const got = reader(value);
    if (!(got instanceof Wrong)) return got;
    const { reason, said, path } = got;
    const params = { reason, isMissing: value === undefined };
    context.addIssue({ code: 'custom', message: said, path: [...path], params });
    return z.NEVER;
  });

const fields = <F extends string, T>(names: readonly F[], reader: (field: F, value: unknown) => T | Wrong) =>
  Object.fromEntries(
    names.map((field) => [field, read((value) => readValues(value, (one) => reader(field, one))).optional()]),
  );

const match = z.strictObject({ ...fields(TEXT_FIELDS, readText), ...fields(CLOCK_FIELDS, readClock) });

const list = (operator: string) =>
  read((value) => {
    if (!Array.isArray(value)) return new Wrong('bad_value', 'must be a list of rules');
    return value.length === 0
      ? new Wrong('empty_list', `the list is empty, and "${operator} of nothing" is no rule`)
      : (value as unknown[]);
  });

const SEGMENT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const segmentId = read((value) =>
  typeof value === 'string' && SEGMENT_ID.test(value)
    ? value
    : new Wrong('bad_value', 'must be the id of a segment'),
);

/** Whether there is such an interest is not known here: the taxonomy has others in every version. */
const INTEREST_ID = /^[A-Za-z0-9]{1,20}$/;
const duration = read(readDuration).optional();

const nodes = {
  all: z.strictObject({ all: list('all') }),
  any: z.strictObject({ any: list('any') }),
  not: z.strictObject({ not: z.unknown() }),
  did: z.strictObject({ did: match, times: read(readTimes).optional(), within: duration }),
  sequence: z.strictObject({
    sequence: read((value) => {
      if (!Array.isArray(value)) return new Wrong('bad_value', 'must be a list of Matches, its steps');
      if (value.length === 0) return new Wrong('empty_list', 'the list is empty, so nothing could follow');
      return value.length <= MAX_STEPS
        ? (value as unknown[])
        : new Wrong('bad_value', `has ${value.length} steps; at most ${MAX_STEPS} are taken`);
    }).pipe(z.array(match)),
    gap: duration,
    within: duration,
  }),
  dwell: z.strictObject({ dwell: read(readSeconds), on: match.optional(), within: duration }),
  interest: z.strictObject({
    interest: read((value) =>
      typeof value === 'string' && INTEREST_ID.test(value)
        ? value
        : new Wrong('bad_value', 'must be an id of the IAB Audience Taxonomy, such as "243"'),
    ),
    score: read((value) => readBounds(value, 100)).optional(),
  }),
  demographic: z.strictObject({
    demographic: read(readDemographic),
    probability: read((value) => readBounds(value, 1)).optional(),
  }),
  segment: z.strictObject({ segment: segmentId }),
  trait: z.strictObject({
    trait: read((value) =>
      typeof value === 'string' && isTrait(value)
        ? value
        : new Wrong('bad_value', `must be a trait: ${TRAIT_FORM}`),
    ),
  }),
  like: z.strictObject({ like: segmentId, reach: read((value) => readBetween(value, 1)) }),
};

/** Interests count from half of what there is to them. */
const DEFAULT_SCORE: Bounds = { from: { value: 50, strict: false }, to: undefined };

type Parsed = { readonly ok: true; readonly rule: Rule } | RefusedRule;

/**
 * Reads a rule from JSON, as the operator wrote it.
 *
 * @param json what `JSON.parse` gave; may be anything.
 * @returns the rule with every value in one form (values as lists, codes in their stored case, `times` as
 *   whole numbers from–to, `within` in milliseconds), or why it is refused and where, with every mistake. Depth and
 *   size are looked at before anything else.
 */
export function parseRule(json: unknown): Parsed {
  return refuseExcess(json) ?? parseNode(json, []);
}

function parseNode(node: unknown, path: Path): Parsed {
  const operator = operatorOf(node, path);
  if (typeof operator === 'object') return operator;
  switch (operator) {
    case 'all':
    case 'any': {
      const checked = check(nodes[operator] as typeof nodes.all, node, path, [operator]);
      if (!checked.ok) return checked;
      const rules: Rule[] = [];
      const refused: RefusedRule[] = [];
      for (const [index, child] of (checked.value[operator as 'all'] as unknown[]).entries()) {
        const parsed = parseNode(child, [...path, operator, index]);
        if (parsed.ok) rules.push(parsed.rule);
        else refused.push(parsed);
        if (refused.length === MAX_MISTAKES) break;
      }
      return isSome(refused) ? together(refused) : { ok: true, rule: { op: operator, rules } };
    }
    case 'not': {
      const checked = check(nodes.not, node, path, ['not']);
      if (!checked.ok) return checked;
      const parsed = parseNode(checked.value.not, [...path, 'not']);
      return parsed.ok ? { ok: true, rule: { op: 'not', rule: parsed.rule } } : parsed;
    }
    case 'did': {
      const checked = check(nodes.did, node, path, ['did', 'times', 'within']);
      if (!checked.ok) return checked;
      const { did, times, within } = checked.value;
      return {
        ok: true,
        rule: {
          op: 'did',
          match: did as Match,
          times: times ?? { from: 1, to: undefined },
          withinMs: within,
        },
      };
    }
    case 'sequence': {
      const checked = check(nodes.sequence, node, path, ['sequence', 'gap', 'within']);
      if (!checked.ok) return checked;
      const { sequence, gap, within } = checked.value;
      return {
        ok: true,
        rule: { op: 'sequence', steps: sequence as Match[], gapMs: gap, withinMs: within },
      };
    }
    case 'dwell': {
      const checked = check(nodes.dwell, node, path, ['dwell', 'on', 'within']);
      if (!checked.ok) return checked;
      const { dwell, on, within } = checked.value;
      return {
        ok: true,
        rule: { op: 'dwell', match: (on ?? {}) as Match, ms: dwell, withinMs: within },
      };
    }
    case 'interest': {
      const checked = check(nodes.interest, node, path, ['interest', 'score']);
      if (!checked.ok) return checked;
      const { interest, score } = checked.value;
      return { ok: true, rule: { op: 'interest', interest, score: score ?? DEFAULT_SCORE } };
    }
    case 'demographic': {
      const checked = check(nodes.demographic, node, path, ['demographic', 'probability']);
      if (!checked.ok) return checked;
      const { demographic: wanted, probability } = checked.value;
      const unsure = wanted.find(({ values }) => values.includes(UNKNOWN));
      if (unsure && probability !== undefined) {
        return refuse(
          'bad_value',
          [...path, 'demographic', unsure.attribute],
          `${UNKNOWN} is who is neither, and has no probability`,
        );
      }
      return { ok: true, rule: { op: 'demographic', wanted, probability } };
    }
    case 'segment': {
      const checked = check(nodes.segment, node, path, ['segment']);
      return checked.ok ? { ok: true, rule: { op: 'segment', id: checked.value.segment } } : checked;
    }
    case 'trait': {
      const checked = check(nodes.trait, node, path, ['trait']);
      return checked.ok ? { ok: true, rule: { op: 'trait', trait: checked.value.trait } } : checked;
    }
    case 'like': {
      const checked = check(nodes.like, node, path, ['like', 'reach']);
      if (!checked.ok) return checked;
      const { like: seed, reach } = checked.value;
      return { ok: true, rule: { op: 'like', seed, reach } };
    }
  }
}

function operatorOf(node: unknown, path: Path): Operator | RefusedRule {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    return refuse('bad_value', path, 'a rule must be an object, such as {"did": {}}');
  }
  const names = Object.keys(node);
  const [operator, second] = OPERATORS.filter((name) => names.includes(name));
  if (second) {
    return refuse(
      'unknown_field',
      [...path, second],
      `${operator} and ${second} cannot stand in one object; nest them`,
    );
  }
  if (operator) return operator;
  const typed = names.find((name) => !COMPANIONS.includes(name));
  if (typed === undefined) {
    return refuse('unknown_operator', path, `names no operator; the operators are ${OPERATORS.join(', ')}`);
  }
  const meant = nearest(typed, OPERATORS);
  return refuse(
    'unknown_operator',
    [...path, typed],
    meant
      ? `unknown operator, did you mean ${meant}?`
      : `unknown operator; the operators are ${OPERATORS.join(', ')}`,
  );
}

/** Fields whose value is a Match, or a list of them. */
const HOLD_MATCHES: ReadonlySet<unknown> = new Set(['did', 'sequence', 'on']);

function check<S extends z.ZodType>(
  schema: S,
  node: unknown,
  path: Path,
  names: readonly string[],
): { ok: true; value: z.output<S> } | RefusedRule {
  const checked = schema.safeParse(node);
  if (checked.success) return { ok: true, value: checked.data };
  const { issues } = checked.error;
  // A misspelt field is told first, and is the likelier cause of one that is missing beside it.
  const misspelt = issues.filter(({ code }) => code === 'unrecognized_keys');
  const others = issues.filter((issue) => !misspelt.includes(issue));
  const present = others.filter((issue) => issue.code !== 'custom' || issue.params?.isMissing !== true);
  const refused = [...misspelt, ...(misspelt.length > 0 ? present : others)].flatMap((issue) =>
    refusedFor(issue, path, names),
  );
  return together(refused as [RefusedRule, ...RefusedRule[]]);
}

function refusedFor(issue: z.core.$ZodIssue, path: Path, names: readonly string[]): RefusedRule[] {
  const at = [...path, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') {
    const known = HOLD_MATCHES.has(issue.path[0]) ? MATCH_FIELDS : names;
    return issue.keys
      .slice(0, MAX_MISTAKES)
      .map((key) => refuse('unknown_field', [...at, key], unknownField(key, known)));
  }
  if (issue.code === 'custom') return [refuse(issue.params?.reason as RuleRefusal, at, issue.message)];
  return [refuse('bad_value', at, 'must be an object of fields, such as {"category": "483"}')];
}

const isSome = (refused: readonly RefusedRule[]): refused is readonly [RefusedRule, ...RefusedRule[]] =>
  refused.length > 0;
