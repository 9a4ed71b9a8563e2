import { setImmediate } from 'node:timers/promises';
import type { z } from 'zod';
import { parseRule } from '../audience/rule/parse.ts';
import type { RuleMistake } from '../audience/rule/problem.ts';
import { isObject } from '../json-object.ts';
import { nearest } from '../nearest.ts';
import { type Body, idSchema, KINDS, type Segment } from '../registry/kinds.ts';
import type { Registry } from '../registry/registry.ts';
import { type Changeable, changedFields } from '../segment-files/content.ts';
import { Library, references, type Written } from './segment-rules.ts';

/** Segments as they are wanted. */
export interface Wanted {
  /** As they came: nothing of them was looked at. */
  readonly segments: readonly unknown[];
  /** Whether those that are stored beside them are to go. */
  readonly deleteOthers: boolean;
}

/** What is wrong with a segment that is wanted. */
export interface PlanMistake {
  /** Empty where it has none. */
  readonly id: string;
  /** `invalid`, `duplicate_id`, or the reason why its rule is refused. */
  readonly type: string;
  /** Of the wrong part in the segment, as `/rule/all/1/did/contry`. */
  readonly path: string;
  readonly message: string;
}

/** A segment as a plan shows it, without what the product adds. */
export type Planned = Omit<Body<'segment'>, 'applied'>;

/** One write of a plan. */
export interface PlanStep {
  readonly id: string;
  readonly action: 'create' | 'change' | 'delete';
  /** The version that is stored and would be replaced, also one by which it was deleted; 0 = there never was one. */
  readonly version: number;
  /** ISO 8601: when that version was written; null = there never was one. */
  readonly updatedAt: string | null;
  /** Whether another plan wrote it. */
  readonly isApplied: boolean;
  readonly changed: readonly Changeable[];
  readonly before: Planned | null;
  readonly after: Planned | null;
  /** Whether others may be in it afterwards. */
  readonly resized: boolean;
  /** The plan's segments on which its rule rests, itself among them: what an estimate of it must be told. */
  readonly needs: readonly string[];
}

/** A segment that stays as it is and rests on one that does not. */
export interface Affected {
  readonly id: string;
  readonly name: string;
  readonly rule: unknown;
  readonly merge: Planned['merge'];
  readonly needs: readonly string[];
}

/** What would be done, in the order in which it can be: at no moment does a rule name what is not there. */
export interface Plan {
  readonly steps: readonly PlanStep[];
  readonly affected: readonly Affected[];
  /** Wanted as they are stored. */
  readonly unchanged: number;
  /** Stored and not wanted; of these none is in `steps` unless others were to be deleted. */
  readonly others: number;
  /** Where there are any nothing can be done, and `steps` and `affected` are empty. */
  readonly mistakes: readonly PlanMistake[];
}

/** After so many a person mends what there is and asks again. */
const MISTAKES = 200;
/** Rules that are looked at before others are let in: reading one takes up to some milliseconds. */
const AT_ONCE = 10;

const wantedSchema = KINDS.segment.omit({ note: true, applied: true }).extend({ id: idSchema });
const NAMES = Object.keys(wantedSchema.shape);

/**
 * Compares segments that are wanted with those that are stored, and looks for every mistake: in the segments,
 * in what they refer to with all of them in place, and in what would become of stored ones that rest on them.
 */
export async function planSegments(registry: Registry, { segments, deleteOthers }: Wanted): Promise<Plan> {
  const { wanted, broken, mistakes } = await readWanted(segments);
  // What is stored and the versions of it are read in one go: others may write while the rest is looked at.
  const stored = new Map(registry.list('segment').map((segment) => [segment.id, segment]));
  const named = new Set([...wanted.keys(), ...broken]);
  const others = [...stored.keys()].filter((id) => !named.has(id));
  const steps = stepsOf(registry, stored, wanted, deleteOthers ? others : []);

  const after = new Map<string, Written>([...stored, ...wanted]);
  for (const id of deleteOthers ? others : []) after.delete(id);
  // What is wrong with it is said once, and not again by everything that refers to it.
  for (const id of broken) after.set(id, { rule: { did: {} }, merge: 'visitor' });
  const library = new Library(
    (id) => after.get(id),
    () => [...after.keys()],
  );
  await eachInTurn([...wanted], ([id, { rule, merge }]) => {
    if (mistakes.length >= MISTAKES) return;
    for (const mistake of library.mistakesOf(rule, merge, id)) mistakes.push({ id, ...ofRule(mistake) });
  });

  const resized = new Set(
    steps.filter(({ changed, after }) => after === null || moves(changed)).map(({ id }) => id),
  );
  const graph = new Graph((id) => references(after.get(id)?.rule), resized);
  const touched = new Set(steps.map(({ id }) => id));
  const affected = [...after.keys()].filter((id) => !touched.has(id) && graph.needs(id).length > 0);
  const before = new Library(
    (id) => stored.get(id),
    () => [],
  );
  await eachInTurn(
    affected.filter((id) => !wanted.has(id) && !broken.has(id)),
    (id) => {
      const { rule, merge } = stored.get(id)!;
      const now = library.resolve(rule, merge, id);
      // What did not stand before is no mistake of this plan.
      if (now.ok || !before.resolve(rule, merge, id).ok) return;
      const message = `${now.message} (it stays as it is, and its rule would no longer stand)`;
      mistakes.push({ id, type: now.reason, path: inRule(now.path), message });
    },
  );

  const counts = {
    unchanged: wanted.size - steps.filter((step) => step.after !== null).length,
    others: others.length,
  };
  if (mistakes.length > 0)
    return { steps: [], affected: [], ...counts, mistakes: mistakes.slice(0, MISTAKES) };
  return {
    steps: inWritingOrder(steps, after, stored).map((step) => {
      const needs = step.after === null ? [] : graph.needs(step.id);
      return { ...step, resized: step.after === null || needs.length > 0, needs };
    }),
    affected: affected.map((id) => {
      const { name, rule, merge } = stored.get(id)!;
      return { id, name, rule, merge, needs: graph.needs(id) };
    }),
    ...counts,
    mistakes: [],
  };
}

const moves = (changed: readonly Changeable[]) => changed.includes('rule') || changed.includes('merge');

const inRule = (path: string) => (path === '/' ? '/rule' : `/rule${path}`);

async function eachInTurn<T>(all: readonly T[], look: (one: T) => void): Promise<void> {
  for (const [n, one] of all.entries()) {
    if (n % AT_ONCE === AT_ONCE - 1) await setImmediate();
    look(one);
  }
}

interface Read {
  /** Those that are in order as far as they themselves go. */
  readonly wanted: Map<string, Planned>;
  /** Ids of the others. */
  readonly broken: Set<string>;
  readonly mistakes: PlanMistake[];
}

async function readWanted(segments: readonly unknown[]): Promise<Read> {
  const read: Read = { wanted: new Map(), broken: new Set(), mistakes: [] };
  await eachInTurn(segments, (json) => {
    const id = isObject(json) && typeof json['id'] === 'string' ? json['id'] : '';
    const found = mistakesOf(json);
    if (read.wanted.has(id) || read.broken.has(id))
      found.push({ type: 'duplicate_id', path: '/id', message: `/id: ${id} is there twice` });
    if (found.length === 0) {
      const { id: _, ...body } = wantedSchema.parse(json);
      return void read.wanted.set(id, body);
    }
    read.mistakes.push(...found.map((mistake) => ({ id, ...mistake })));
    read.wanted.delete(id);
    read.broken.add(id);
  });
  return read;
}

type Mistake = Omit<PlanMistake, 'id'>;

/** What is wrong with a segment by itself. */
function mistakesOf(json: unknown): Mistake[] {
  const checked = wantedSchema.safeParse(json);
  const fields = (checked.error?.issues ?? []).flatMap(mistakesOfIssue);
  const rule = isObject(json) ? parseRule(json['rule']) : undefined;
  return [...fields, ...(rule === undefined || rule.ok ? [] : rule.mistakes.map(ofRule))];
}

function mistakesOfIssue(issue: z.core.$ZodIssue): Mistake[] {
  const at = `/${issue.path.map(String).join('/')}`;
  if (issue.code !== 'unrecognized_keys')
    return [{ type: 'invalid', path: at, message: `${at}: ${issue.message}` }];
  return issue.keys.map((key) => {
    const meant = nearest(key, NAMES);
    const said = meant === undefined ? `; the fields are ${NAMES.join(', ')}` : `, did you mean ${meant}?`;
    return { type: 'unknown_field', path: `/${key}`, message: `/${key}: unknown field${said}` };
  });
}

const ofRule = ({ reason, path, message }: RuleMistake): Mistake => ({
  type: reason,
  path: inRule(path),
  message,
});

type Step = Omit<PlanStep, 'needs' | 'resized'>;

function stepsOf(
  registry: Registry,
  stored: ReadonlyMap<string, Segment>,
  wanted: ReadonlyMap<string, Planned>,
  deleted: readonly string[],
): Step[] {
  const bodyOf = (id: string): Planned | null => {
    const segment = stored.get(id);
    if (segment === undefined) return null;
    const { id: _, version: _version, updatedAt: _at, applied: _applied, ...body } = segment;
    return body;
  };
  const written = [...wanted].flatMap(([id, after]): Step[] => {
    const before = bodyOf(id);
    const changed = changedFields(before ?? undefined, after);
    if (changed.length === 0) return [];
    const action = before === null ? 'create' : 'change';
    return [{ id, action, ...registry.newest('segment', id), changed, before, after }];
  });
  const gone = deleted.map(
    (id): Step => ({
      id,
      action: 'delete',
      ...registry.newest('segment', id),
      changed: [],
      before: bodyOf(id),
      after: null,
    }),
  );
  return [...written, ...gone];
}

/** Which segments rest on which, by the rules as they will be. */
class Graph {
  readonly #references: (id: string) => readonly string[];
  readonly #changing: ReadonlySet<string>;
  readonly #known = new Map<string, readonly string[]>();

  constructor(references: (id: string) => readonly string[], changing: ReadonlySet<string>) {
    this.#references = references;
    this.#changing = changing;
  }

  /** @returns of the segments that change, the one asked about and those that it refers to, at whatever remove. */
  needs(id: string): readonly string[] {
    const reached = new Set([id]);
    for (const each of reached) for (const next of this.#of(each)) reached.add(next);
    return [...reached].filter((each) => this.#changing.has(each));
  }

  #of(id: string): readonly string[] {
    const known = this.#known.get(id) ?? this.#references(id);
    this.#known.set(id, known);
    return known;
  }
}

/**
 * What others refer to is written before them, and deleted after them. Then every state on the way is one that
 * stands: what is written rests only on what is as it will be, and what is not yet on what was there before.
 */
function inWritingOrder(
  steps: readonly Step[],
  after: ReadonlyMap<string, Written>,
  stored: ReadonlyMap<string, Written>,
): Step[] {
  const put = steps.filter((step) => step.after !== null);
  const gone = steps.filter((step) => step.after === null);
  return [...restingFirst(put, after), ...restingFirst(gone, stored).reverse()];
}

/** In the order of their ids, but each after what it refers to, also by way of segments that are no steps. */
function restingFirst(steps: readonly Step[], rules: ReadonlyMap<string, Written>): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const ordered = new Set<string>();
  const seen = new Set<string>();
  for (const id of [...byId.keys()].sort()) {
    const open = [id];
    while (open.length > 0) {
      const at = open.at(-1)!;
      const rest = seen.has(at) ? [] : references(rules.get(at)?.rule).filter((next) => !seen.has(next));
      seen.add(at);
      if (rest.length > 0) open.push(...rest);
      else ordered.add(open.pop()!);
    }
  }
  return [...ordered].flatMap((id) => byId.get(id) ?? []);
}
