import { parseRule } from '../audience/rule/parse.ts';
import { MAX_MISTAKES, type RefusedRule, type RuleMistake } from '../audience/rule/problem.ts';
import { type Referred, resolve } from '../audience/rule/resolve.ts';
import type { ResolvedRule } from '../audience/rule/rule.ts';
import { isObject } from '../json-object.ts';
import type { Merge } from '../registry/kinds.ts';
import type { Registry } from '../registry/registry.ts';
import { ApiError } from './problem.ts';

/** Of a segment, what others that refer to it need: its rule as it came. */
export interface Written {
  readonly rule: unknown;
  readonly merge: Merge;
  /** Of what is stored. */
  readonly version?: number;
}

/** Segments by id, as rules find each other. Reads each rule once. */
export class Library {
  readonly #find: (id: string) => Written | undefined;
  readonly #ids: () => readonly string[];
  readonly #read = new Map<string, Referred | undefined>();

  /**
   * @param find undefined = no such segment.
   * @param ids of all there are: one of them may be meant by a reference to none.
   */
  constructor(find: (id: string) => Written | undefined, ids: () => readonly string[]) {
    this.#find = find;
    this.#ids = ids;
  }

  /**
   * The segments that are stored.
   *
   * @param instead segments that stand for the stored ones of their ids, or beside them.
   */
  static of(registry: Registry, instead?: readonly (Written & { readonly id: string })[]): Library {
    const planned = new Map(instead?.map((segment) => [segment.id, segment]));
    return new Library(
      (id) => planned.get(id) ?? registry.get('segment', id),
      () => [...planned.keys(), ...registry.list('segment').map(({ id }) => id)],
    );
  }

  /** @returns undefined also where its rule is not understood. */
  readonly lookup = (id: string): Referred | undefined => {
    if (this.#read.has(id)) return this.#read.get(id);
    const segment = this.#find(id);
    const parsed = segment && parseRule(segment.rule);
    const { merge, version } = segment ?? {};
    const referred = parsed?.ok
      ? { rule: parsed.rule, merge: merge!, ...(version === undefined ? {} : { version }) }
      : undefined;
    this.#read.set(id, referred);
    return referred;
  };

  /**
   * A rule as it came, read and with its segments in place.
   *
   * @param self id of the segment whose rule it is, where it is one's.
   */
  resolve(
    json: unknown,
    merge: Merge,
    self?: string,
  ): { readonly ok: true; readonly rule: ResolvedRule } | RefusedRule {
    return this.#resolve(json, merge, self, () => []);
  }

  #resolve(json: unknown, merge: Merge, self: string | undefined, ids: () => readonly string[]) {
    const parsed = parseRule(json);
    return parsed.ok ? resolve(parsed.rule, this.lookup, self, merge, ids) : parsed;
  }

  /**
   * Every mistake of a rule as it came, none where it stands. Of what a rule refers to only the first mistake is ever
   * told, so what is wrong is taken out and the rest resolved again.
   */
  mistakesOf(json: unknown, merge: Merge, self?: string): RuleMistake[] {
    const mistakes: RuleMistake[] = [];
    for (let rest = json; rest !== undefined && mistakes.length < MAX_MISTAKES; ) {
      const outcome = this.#resolve(rest, merge, self, this.#ids);
      if (outcome.ok) break;
      mistakes.push(...outcome.mistakes);
      for (const { path } of outcome.mistakes) rest = withoutClause(rest, stepsOf(path));
    }
    return mistakes.slice(0, MAX_MISTAKES);
  }

  /** @throws ApiError `bad_rule` with the reason as its type, the path of the wrong part, and every mistake. */
  understand(json: unknown, merge: Merge, self?: string): ResolvedRule {
    const resolved = this.resolve(json, merge, self);
    if (resolved.ok) return resolved.rule;
    const mistakes = this.mistakesOf(json, merge, self);
    const { reason, path, message } = mistakes[0] ?? resolved;
    throw new ApiError('bad_rule', message, {
      type: reason,
      path,
      mistakes: mistakes.map(({ reason, path, message }) => ({ type: reason, path, message })),
    });
  }
}

const stepsOf = (path: string) => (path === '/' ? [] : path.slice(1).split('/'));

/** The rule with any hit in place of the clause in which the path ends; undefined where that is the whole rule. */
function withoutClause(json: unknown, steps: readonly string[]): unknown {
  const [first, second] = steps;
  if (!isObject(json)) return undefined;
  if (first === 'not') return { ...json, not: withoutClause(json['not'], steps.slice(1)) ?? ANY_HIT };
  const list = first === 'all' || first === 'any' ? json[first] : undefined;
  if (!Array.isArray(list) || second === undefined) return undefined;
  const child = withoutClause(list[Number(second)], steps.slice(2)) ?? ANY_HIT;
  return { ...json, [first!]: list.with(Number(second), child) };
}

const ANY_HIT = { did: {} };

/** Operators that name a segment: to be in it, or to be like those who are. */
const REFERENCES = ['segment', 'like'] as const;

/** @param rule as it came. @returns the ids of the segments that it names itself, each once. */
export function references(rule: unknown): string[] {
  const found = new Set<string>();
  const open = [rule];
  while (open.length > 0) {
    const node = open.pop();
    if (!isObject(node)) continue;
    for (const operator of REFERENCES) {
      const id = node[operator];
      if (typeof id === 'string') found.add(id);
    }
    for (const operator of ['all', 'any'] as const) {
      const list = node[operator];
      for (const child of Array.isArray(list) ? (list as unknown[]) : []) open.push(child);
    }
    open.push(node['not']);
  }
  return [...found];
}
