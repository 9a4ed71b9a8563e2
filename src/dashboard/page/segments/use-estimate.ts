import { useEffect, useState } from 'preact/hooks';
import { asProblem, call, type Mistake, type Problem } from '../api/call.ts';
import { clausesOf } from './rule-tree.ts';
import type { ShownSegment } from './shown.ts';

/** Somebody who types is not asked about each letter. */
const PAUSE_MS = 400;
/** Of a longer rule the first; each is a question of its own. */
const MOST_CLAUSES = 16;

interface Counted {
  readonly size: number | undefined;
  readonly tookMs: number | undefined;
  /** Everybody there is. */
  readonly universe: number | undefined;
  /** By the clause itself: one that moves keeps its own count, and never has that of another. */
  readonly clauses: ReadonlyMap<string, number>;
  /** What is shown is of the rule before, until the new one is counted. */
  readonly isCounting: boolean;
  readonly mistakes: readonly Mistake[];
  readonly problem: Problem | undefined;
  /** Why the clauses that have no share have none. */
  readonly shareProblem: Problem | undefined;
  /** So many clauses are not asked about by themselves. */
  readonly uncounted: number;
}

/** How many a rule has, exactly, while it is edited. */
export interface Estimated extends Omit<Counted, 'clauses'> {
  /** How many meet a clause alone; undefined where it is not known. */
  readonly countOf: (clause: unknown) => number | undefined;
}

const NOTHING: Counted = {
  size: undefined,
  tookMs: undefined,
  universe: undefined,
  clauses: new Map(),
  isCounting: true,
  mistakes: [],
  problem: undefined,
  shareProblem: undefined,
  uncounted: 0,
};

const keyOf = (clause: unknown, merge: ShownSegment['merge']) => JSON.stringify([clause, merge]);

/** @param rule undefined = there is none yet that could be asked. */
export function useEstimate(rule: unknown, merge: ShownSegment['merge']): Estimated {
  const [state, setState] = useState(NOTHING);
  const key = keyOf(rule, merge);
  useEffect(() => {
    // What single clauses have stays true of them while the whole is not to be counted.
    const nothing = (old: Counted): Counted => ({
      ...NOTHING,
      universe: old.universe,
      clauses: old.clauses,
      isCounting: false,
    });
    if (rule === undefined) {
      setState(nothing);
      return;
    }
    const ending = new AbortController();
    const { signal } = ending;
    setState((old) => ({ ...old, isCounting: true }));
    const ask = (part: unknown, of: ShownSegment['merge']) =>
      call<{ size: number; tookMs: number }>(
        'POST',
        '/v1/segments/estimate',
        { rule: part, merge: of },
        signal,
      );
    const countWhole = async () => {
      try {
        const { size, tookMs } = await ask(rule, merge);
        if (signal.aborted) return;
        setState(({ universe, clauses }) => ({
          ...NOTHING,
          universe,
          clauses,
          size,
          tookMs,
          isCounting: false,
        }));
        await countClauses();
      } catch (error) {
        if (signal.aborted) return;
        const problem = asProblem(error);
        setState((old) => ({ ...nothing(old), mistakes: problem.mistakes, problem }));
      }
    };
    const countClauses = async () => {
      const all = clausesOf(rule);
      const asked = all.slice(0, MOST_CLAUSES);
      setState((old) => ({ ...old, uncounted: all.length - asked.length }));
      const fresh = new Map<string, number>();
      try {
        const universe = (await ask({ did: {} }, 'visitor')).size;
        for (const { clause } of asked) {
          const own = keyOf(clause, merge);
          if (!fresh.has(own)) fresh.set(own, (await ask(clause, merge)).size);
          if (signal.aborted) return;
          setState((old) => ({ ...old, universe, clauses: new Map([...old.clauses, ...fresh]) }));
        }
        // Those of clauses that are gone are not kept for ever.
        setState((old) => ({ ...old, clauses: fresh }));
      } catch (error) {
        // The size of the whole stands.
        if (!signal.aborted) setState((old) => ({ ...old, shareProblem: asProblem(error) }));
      }
    };
    const timer = setTimeout(() => void countWhole(), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [key]);
  return { ...state, countOf: (clause) => state.clauses.get(keyOf(clause, merge)) };
}
