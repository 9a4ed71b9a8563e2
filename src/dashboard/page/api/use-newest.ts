import { useRef } from 'preact/hooks';

/** What was last there: while another answer is on its way, or none is asked for any more, the one before stays. */
export function useNewest<T>(value: T | undefined): T | undefined {
  const newest = useRef(value);
  newest.current = value ?? newest.current;
  return newest.current;
}
