import type { Span } from './rule-fields.ts';

/** The words before and after the numbers, and what the ends are called. */
const WORDS = {
  times: { before: '', after: 'times', whole: true },
  seconds: { before: '', after: 'seconds', whole: false },
  score: { before: 'score ', after: '', whole: false },
  probability: { before: 'probability ', after: '', whole: false },
} as const;

/** From, to: an end that is left empty is open. */
export function SpanFields({
  of,
  span,
  most,
  change,
}: {
  of: keyof typeof WORDS;
  span: Span;
  most?: number;
  change: (span: Span) => void;
}) {
  const { before, after, whole } = WORDS[of];
  const end = (words: string, name: 'from' | 'to') => (
    <label>
      {words}{' '}
      <input
        type="number"
        class="short"
        min={0}
        max={most}
        step={whole ? 1 : 'any'}
        aria-label={`${of}, ${words}`}
        value={span[name] ?? ''}
        onInput={({ currentTarget: { valueAsNumber } }) =>
          change({ ...span, [name]: Number.isNaN(valueAsNumber) ? undefined : valueAsNumber })
        }
      />
    </label>
  );
  return (
    <span class="inline">
      {before}
      {end('at least', 'from')} {end('at most', 'to')} {after}
    </span>
  );
}

const SPANS = ['', '30m', '24h', '7d', '14d', '30d', '60d', '90d'];

/** A duration; empty = none is said. */
export function Within({
  text,
  change,
  label = 'within',
  none = 'all that is kept',
}: {
  text: string;
  change: (text: string) => void;
  label?: string;
  none?: string;
}) {
  return (
    <label>
      {label}{' '}
      <select
        aria-label={label[0]?.toUpperCase() + label.slice(1)}
        value={text}
        onChange={(event) => change(event.currentTarget.value)}
      >
        {[...new Set([...SPANS, text])].map((span) => (
          <option key={span} value={span}>
            {span === '' ? none : span}
          </option>
        ))}
      </select>
    </label>
  );
}
