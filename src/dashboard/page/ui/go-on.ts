import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/**
 * Who asked for more of a list by a button that is gone then goes on at what has come.
 *
 * @param hasCome it is there. @param to takes the focus; null = nobody asked for it by a button.
 */
export function useGoOn(hasCome: boolean, to: RefObject<HTMLElement | null> | null): void {
  useEffect(() => {
    if (hasCome && document.activeElement === document.body) to?.current?.focus();
  }, [hasCome]);
}
