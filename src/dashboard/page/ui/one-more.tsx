import type { Ref } from 'preact';
import { useState } from 'preact/hooks';
import type { FieldIds } from './parts.tsx';

/**
 * One more out of a list. Not added by choosing alone: with arrow keys one passes every value on the way to the wanted
 * one.
 *
 * @param first what stands there until something is chosen.
 * @param to what it is added to, for who does not see it.
 */
export function OneMore({
  options,
  add,
  first,
  to,
  select,
  ...named
}: {
  options: readonly (readonly [value: string, words: string])[];
  add: (value: string) => void;
  first: string;
  to: string;
  select?: Ref<HTMLSelectElement>;
} & (FieldIds | { readonly 'aria-label': string })) {
  const [next, setNext] = useState('');
  return (
    <>
      <select
        {...named}
        ref={select ?? null}
        class="narrow"
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
      >
        <option value="">{first}</option>
        {options.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
      <button
        type="button"
        disabled={next === ''}
        onClick={() => {
          add(next);
          setNext('');
        }}
      >
        Add it<span class="unseen"> to {to}</span>
      </button>
    </>
  );
}
