import { z } from 'zod';
import { nearest } from '../../nearest.ts';
import { isTrait, TRAIT_FORM } from '../traits/name.ts';
import { refuseExcess } from './excess.ts';
import { type Path, type RefusedRule, type RuleRefusal, refuse } from './problem.ts';
import { CLOCK_FIELDS, MATCH_FIELDS, type Match, type Rule, TEXT_FIELDS } from './rule.ts';
import { readClock, readDuration, readText, readTimes, readValues, unknownField, Wrong } from './value.ts';

const OPERATORS = ['all', 'any', 'not', 'did', 'segment', 'trait'] as const;
type Operator = (typeof OPERATORS)[number];
/** Of the language, but of no use yet: this version has nothing to answer them from. */
const UNSUPPORTED = ['sequence', 'dwell', 'interest', 'demographic', 'like'] as const;
const NAMED = [...OPERATORS, ...UNSUPPORTED];
/** Fields that stand beside an operator and are none. */
const COMPANIONS = ['times', 'within', 'gap', 'on', 'score', 'probability', 'reach'];

/** A reader as a zod schema; its complaint travels as a custom issue with the reason in it. */
const read = <T>(reader: (value: unknown) => T | Wrong) =>
  z.unknown().transform((value, context) => {
    const got = reader(value);
    if (!(got instanceof Wrong)) return got;
    const { reason, said, path } = got;
    context.addIssue({ code: 'custom', message: said, path: [...path], params: { reason } });
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

const nodes = {
  all: z.strictObject({ all: list('all') }),
  any: z.strictObject({ any: list('any') }),
  not: z.strictObject({ not: z.unknown() }),
  did: z.strictObject({
    did: match,
    times: read(readTimes).optional(),
    within: read(readDuration).optional(),
  }),
  segment: z.strictObject({
    segment: read((value) =>
      typeof value === 'string' && SEGMENT_ID.test(value)
        ? value
        : new Wrong('bad_value', 'must be the id of a segment'),
    ),
  }),
  trait: z.strictObject({
    trait: read((value) =>
      typeof value === 'string' && isTrait(value)
        ? value
        : new Wrong('bad_value', `must be a trait: ${TRAIT_FORM}`),
    ),
  }),
};

type Parsed = { readonly ok: true; readonly rule: Rule } | RefusedRule;

/**
 * Reads a rule from JSON, as the operator wrote it.
 *
 * @param json what `JSON.parse` gave; may be anything.
 * @returns the rule with every value in one form (values as lists, codes in their stored case, `times` as
 *   whole numbers from–to, `within` in milliseconds), or why it is refused and where. The first thing
 *   wrong is told; depth and size are looked at before anything else.
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
      for (const [index, child] of (checked.value[operator as 'all'] as unknown[]).entries()) {
        const parsed = parseNode(child, [...path, operator, index]);
        if (!parsed.ok) return parsed;
        rules.push(parsed.rule);
      }
      return { ok: true, rule: { op: operator, rules } };
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
    case 'segment': {
      const checked = check(nodes.segment, node, path, ['segment']);
      return checked.ok ? { ok: true, rule: { op: 'segment', id: checked.value.segment } } : checked;
    }
    case 'trait': {
      const checked = check(nodes.trait, node, path, ['trait']);
      return checked.ok ? { ok: true, rule: { op: 'trait', trait: checked.value.trait } } : checked;
    }
  }
}

function operatorOf(node: unknown, path: Path): Operator | RefusedRule {
  if (typeof node !== 'object' || node === null || Array.isArray(node)) {
    return refuse('bad_value', path, 'a rule must be an object, such as {"did": {}}');
  }
  const names = Object.keys(node);
  const unsupported = UNSUPPORTED.find((name) => names.includes(name));
  if (unsupported) {
    return refuse('unsupported_operator', [...path, unsupported], `${unsupported} is not supported yet`);
  }
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
    return refuse('unknown_operator', path, `names no operator; the operators are ${NAMED.join(', ')}`);
  }
  const meant = nearest(typed, NAMED);
  return refuse(
    'unknown_operator',
    [...path, typed],
    meant
      ? `unknown operator, did you mean ${meant}?`
      : `unknown operator; the operators are ${NAMED.join(', ')}`,
  );
}

function check<S extends z.ZodType>(
  schema: S,
  node: unknown,
  path: Path,
  names: readonly string[],
): { ok: true; value: z.output<S> } | RefusedRule {
  const checked = schema.safeParse(node);
  if (checked.success) return { ok: true, value: checked.data };
  const { issues } = checked.error;
  // A misspelt field is the likelier cause of whatever else is wrong beside it.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  const at = [...path, ...(issue.path as Path)];
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    return refuse(
      'unknown_field',
      [...at, key],
      unknownField(key, issue.path[0] === 'did' ? MATCH_FIELDS : names),
    );
  }
  if (issue.code === 'custom') return refuse(issue.params?.reason as RuleRefusal, at, issue.message);
  return refuse('bad_value', at, 'must be an object of fields, such as {"category": "483"}');
}
