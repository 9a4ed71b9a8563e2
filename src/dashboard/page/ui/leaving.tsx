import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { Dialog } from './actions.tsx';
import { setGate } from './history-gate.ts';
import { hasWork, hearOfLeaving, leaveThen, type Work, workAddress, works } from './work.ts';

/**
 * Tells that something would be lost if the page were left.
 *
 * @param isThere something would be.
 * @param place what it stands in, where that may be closed without leaving the page.
 * @returns from here on nothing is asked: the work is kept.
 */
export function useWork(isThere: boolean, place?: RefObject<Element | null>): () => void {
  const own = useRef<Work>(undefined);
  // Not after the next drawing: who types and closes at once is asked too.
  useLayoutEffect(() => {
    if (!isThere) return;
    const work: Work = {
      address: location.pathname + location.search,
      place: () => place?.current ?? null,
    };
    own.current = work;
    works.add(work);
    return () => void works.delete(work);
  }, [isThere]);
  return () => {
    if (own.current !== undefined) works.delete(own.current);
  };
}

/** Holds back links, the browser's Back and the closing of the page while there is work to lose, and asks. Once a page. */
export function Leaving() {
  const { route } = useLocation();
  const [go, setGo] = useState<() => void>();
  useEffect(() => {
    hearOfLeaving((onward) => setGo(() => onward));
    const hold = (event: Event, onward: () => void) => {
      event.preventDefault();
      event.stopImmediatePropagation();
      leaveThen(onward);
    };
    const onClick = (event: MouseEvent) => {
      const link = (event.target as Element).closest('a');
      const isElsewhere = link?.href && !link.getAttribute('href')?.startsWith('#');
      const isHere =
        event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
      if (!link || !isElsewhere || !isHere || !hasWork() || link.download || /_blank/.test(link.target))
        return;
      hold(event, () => link.click());
    };
    const onPop = (event: PopStateEvent) => {
      const own = workAddress();
      const next = location.pathname + location.search;
      if (own === undefined || next === own) return;
      // The browser is there already: it is brought back, and goes again when that is wanted.
      history.pushState(null, '', own);
      hold(event, () => route(next));
    };
    const onUnload = (event: Event) => {
      if (hasWork()) event.preventDefault();
    };
    // Before the router hears of it.
    addEventListener('click', onClick, true);
    setGate(onPop);
    addEventListener('beforeunload', onUnload);
    return () => {
      hearOfLeaving(undefined);
      removeEventListener('click', onClick, true);
      setGate(undefined);
      removeEventListener('beforeunload', onUnload);
    };
  }, []);
  if (go === undefined) return null;
  // A dialog tells of its end a moment later, when the next question may be asked already: that one stays.
  const stay = () => setGo((asked) => (asked === go ? undefined : asked));
  return (
    <Dialog title="Leave without saving?" close={stay}>
      <p>What you have changed here is not saved, and is gone when you leave.</p>
      <div class="actions">
        <button
          type="button"
          class="danger"
          onClick={() => {
            setGo(undefined);
            go();
          }}
        >
          Leave, and lose it
        </button>
        <button type="button" onClick={stay}>
          Stay
        </button>
      </div>
    </Dialog>
  );
}
