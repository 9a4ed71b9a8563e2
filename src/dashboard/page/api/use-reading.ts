import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, type Problem } from './call.ts';

/** What a page reads, and how it stands with it. */
export interface Asked<T> {
  /** The newest answer; kept while a newer one is on its way, and when none came. */
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
  /** Nothing has come yet. */
  readonly isLoading: boolean;
  readonly reload: () => Promise<void>;
}

/**
 * Reads something of the API, and again as often as it is told.
 *
 * @param path undefined = nothing is wanted for now.
 * @param read one and the same function at each call of this.
 * @param everyMs counted from one answer to the next question; not asked while nobody sees the page.
 */
export function useReading<T>(
  path: string | undefined,
  read: (path: string, signal?: AbortSignal) => Promise<T>,
  everyMs?: number,
): Asked<T> {
  const [state, setState] = useState<{ path: string | undefined; value?: T; problem?: Problem }>({ path });
  const newest = useRef(0);
  const load = useCallback(
    async (signal?: AbortSignal) => {
      if (path === undefined) return;
      newest.current += 1;
      const mine = newest.current;
      try {
        const value = await read(path, signal);
        if (mine === newest.current) setState({ path, value });
      } catch (error) {
        if (signal?.aborted || mine !== newest.current) return;
        const problem = asProblem(error);
        setState((old) =>
          old.path === path && old.value !== undefined
            ? { path, value: old.value, problem }
            : { path, problem },
        );
      }
    },
    [path, read],
  );
  useEffect(() => {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isRead = false;
    const go = async () => {
      // Also in a tab that was opened behind another, and then not until somebody looks.
      if (!document.hidden || !isRead) await load(ending.signal);
      isRead = true;
      if (everyMs !== undefined && !ending.signal.aborted) timer = setTimeout(go, everyMs);
    };
    void go();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, [load, everyMs]);
  const isOfThis = state.path === path;
  return {
    value: isOfThis ? state.value : undefined,
    problem: isOfThis ? state.problem : undefined,
    isLoading: !isOfThis || (state.value === undefined && state.problem === undefined),
    reload: useCallback(() => load(), [load]),
  };
}
