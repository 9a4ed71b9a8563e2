import { parseRule } from '../audience/rule/parse.ts';
import type { RefusedRule } from '../audience/rule/problem.ts';
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
}

/** Segments by id, as rules find each other. Reads each rule once. */
export class Library {
  readonly #find: (id: string) => Written | undefined;
  readonly #read = new Map<string, Referred | undefined>();

  /** @param find undefined = no such segment. */
  constructor(find: (id: string) => Written | undefined) {
    this.#find = find;
  }

  /**
   * The segments that are stored.
   *
   * @param instead segments that stand for the stored ones of their ids, or beside them.
   */
  static of(registry: Registry, instead?: readonly (Written & { readonly id: string })[]): Library {
    const planned = new Map(instead?.map((segment) => [segment.id, segment]));
    return new Library((id) => planned.get(id) ?? registry.get('segment', id));
  }

  /** @returns undefined also where its rule is not understood. */
  readonly lookup = (id: string): Referred | undefined => {
    if (this.#read.has(id)) return this.#read.get(id);
    const segment = this.#find(id);
    const parsed = segment && parseRule(segment.rule);
    const referred = parsed?.ok ? { rule: parsed.rule, merge: segment!.merge } : undefined;
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
    const parsed = parseRule(json);
    return parsed.ok ? resolve(parsed.rule, this.lookup, self, merge) : parsed;
  }

  /** @throws ApiError `bad_rule` with the reason as its type, and the path of the wrong part. */
  understand(json: unknown, merge: Merge, self?: string): ResolvedRule {
    const resolved = this.resolve(json, merge, self);
    if (!resolved.ok)
      throw new ApiError('bad_rule', resolved.message, { type: resolved.reason, path: resolved.path });
    return resolved.rule;
  }
}

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
