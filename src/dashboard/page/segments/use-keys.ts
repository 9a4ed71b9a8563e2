import { useRef } from 'preact/hooks';

/** What each of a list is known by for as long as it is there, whatever its place. */
export interface Keys {
  readonly of: (at: number) => number;
  /** The one at a place goes. */
  readonly drop: (at: number) => void;
}

/** @param length of the list as it is drawn; what is longer than before has new ones at its end. */
export function useKeys(length: number): Keys {
  const made = useRef(0);
  const keys = useRef<number[]>([]);
  keys.current.length = Math.min(keys.current.length, length);
  while (keys.current.length < length) {
    made.current += 1;
    keys.current.push(made.current);
  }
  return {
    of: (at) => keys.current[at] ?? 0,
    drop: (at) => {
      keys.current.splice(at, 1);
    },
  };
}
