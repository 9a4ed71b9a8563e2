import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Row } from './rule-fields.ts';

/** Names with any of some values each: all of the names. Every name is there once. */
export function FieldRows({
  rows,
  names,
  noun,
  none,
  change,
  children,
}: {
  rows: readonly Row[];
  names: readonly string[];
  /** What one is called, such as field. */
  noun: string;
  /** Said where there is no row. */
  none: string;
  change: (rows: readonly Row[]) => void;
  /** How the values of a row are edited. */
  children: (row: Row, put: (values: readonly string[]) => void) => ComponentChildren;
}) {
  const free = names.filter((name) => rows.every((row) => row.name !== name));
  const one = `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
  const [next, setNext] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const isAdded = useRef(false);
  useEffect(() => {
    if (!isAdded.current) return;
    isAdded.current = false;
    const shown = box.current?.querySelectorAll<HTMLElement>('.match-values');
    shown
      ?.item(shown.length - 1)
      ?.querySelector<HTMLElement>('input, select')
      ?.focus();
  }, [rows.length]);
  const replace = (name: string, by: readonly Row[]) =>
    change(rows.flatMap((row) => (row.name === name ? by : [row])));
  return (
    <div class="match" ref={box}>
      {rows.length === 0 && <p class="muted small">{none}</p>}
      {rows.map((row, at) => (
        // By its place: a row that is made anew for another name would lose the focus.
        <div class="match-field" key={at}>
          <select
            aria-label={noun[0]?.toUpperCase() + noun.slice(1)}
            value={row.name}
            onChange={(event) => replace(row.name, [{ name: event.currentTarget.value, values: [] }])}
          >
            {[row.name, ...free].map((each) => (
              <option key={each} value={each}>
                {each.replaceAll('_', ' ')}
              </option>
            ))}
          </select>
          <div class="match-values" key={row.name}>
            <span class="muted small">is any of</span>
            {children(row, (values) => replace(row.name, [{ name: row.name, values }]))}
          </div>
          <button
            type="button"
            class="quiet"
            aria-label={`Remove the ${noun} ${row.name}`}
            onClick={() => replace(row.name, [])}
          >
            ×
          </button>
        </div>
      ))}
      <div class="inline">
        {/* Not added by choosing alone: with arrow keys one passes every name on the way to the wanted one. */}
        <select
          aria-label={`Add ${one}`}
          value={next}
          onChange={(event) => setNext(event.currentTarget.value)}
        >
          <option value="">Add {one}…</option>
          {free.map((name) => (
            <option key={name} value={name}>
              {name.replaceAll('_', ' ')}
            </option>
          ))}
        </select>{' '}
        <button
          type="button"
          disabled={next === ''}
          onClick={() => {
            isAdded.current = true;
            change([...rows, { name: next, values: [] }]);
            setNext('');
          }}
        >
          Add the {noun}
        </button>
      </div>
    </div>
  );
}
