import { useEffect, useState } from 'preact/hooks';
import { asProblem } from '../api/call.ts';

interface Toast {
  readonly id: number;
  readonly tone: 'good' | 'bad';
  readonly text: string;
  /** Of a problem its name, for who looks it up. */
  readonly type: string | undefined;
}

/** Long enough to be read twice; a problem stays until it is put away. */
const LIFE_MS = 6_000;
let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<(toasts: readonly Toast[]) => void>();

function set(now: readonly Toast[]): void {
  toasts = now;
  for (const listener of listeners) listener(now);
}

const drop = (id: number) => set(toasts.filter((toast) => toast.id !== id));

/** Says that something is done. */
export function tell(text: string): void {
  const id = next++;
  set([...toasts, { id, tone: 'good', text, type: undefined }]);
  setTimeout(() => drop(id), LIFE_MS);
}

/** Says what went wrong, in the API's own words. */
export function tellProblem(error: unknown): void {
  const { message, type } = asProblem(error);
  set([...toasts, { id: next++, tone: 'bad', text: message, type }]);
}

/** Where they are shown, and read out: what is done politely, what went wrong at once. */
export function Toasts() {
  const [shown, setShown] = useState(toasts);
  useEffect(() => {
    listeners.add(setShown);
    return () => void listeners.delete(setShown);
  }, []);
  return (
    <div class="toasts">
      <div role="status">{shown.filter(({ tone }) => tone === 'good').map(one)}</div>
      <div role="alert">{shown.filter(({ tone }) => tone === 'bad').map(one)}</div>
    </div>
  );
}

const one = ({ id, tone, text, type }: Toast) => (
  <div class="toast" data-tone={tone} key={id}>
    <span>
      {text} {type !== undefined && <code>{type}</code>}
    </span>
    <button type="button" class="quiet" aria-label="Put away" onClick={() => drop(id)}>
      ×
    </button>
  </div>
);
