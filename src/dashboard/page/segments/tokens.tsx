import type { ComponentChildren } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { OneMore } from '../ui/one-more.tsx';

interface Edited {
  /** What the values are of, as a person is told. */
  readonly label: string;
  readonly values: readonly string[];
  readonly put: (values: readonly string[]) => void;
  /** What a value is called; itself where not given. */
  readonly wordsOf?: (value: string) => string;
}

/** Values that are typed, each a token by itself: no character has to be kept for what stands between them. */
export function TypedTokens({
  label,
  values,
  put,
  wordsOf,
  placeholder,
  isNumber = false,
}: Edited & { placeholder?: string | undefined; isNumber?: boolean }) {
  const [typed, setTyped] = useState('');
  // The last value is the one that is being typed, so that nothing is lost of it when somebody saves at once.
  const isTyping = typed.trim() !== '' && values.at(-1) === typed.trim();
  const done = isTyping ? values.slice(0, -1) : values;
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Tokens
        label={label}
        values={done}
        {...(wordsOf === undefined ? {} : { wordsOf })}
        put={(left) => {
          put(isTyping ? [...left, typed.trim()] : left);
          input.current?.focus();
        }}
      />
      <input
        ref={input}
        aria-label={label}
        title="Enter ends a value, and another can follow"
        placeholder={done.length === 0 ? placeholder : 'or another'}
        inputMode={isNumber ? 'numeric' : 'text'}
        value={isTyping ? typed : ''}
        onInput={({ currentTarget }) => {
          const next = isNumber ? digitsOf(currentTarget.value) : currentTarget.value;
          currentTarget.value = next;
          setTyped(next);
          put(next.trim() === '' ? done : [...done, next.trim()]);
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') {
            event.preventDefault();
            setTyped('');
          } else if (event.key === 'Backspace' && !isTyping && done.length > 0) {
            event.preventDefault();
            put(done.slice(0, -1));
          }
        }}
      />
    </>
  );
}

const digitsOf = (text: string) =>
  text
    .replace(/\D/g, '')
    .replace(/^0+(?=\d)/, '')
    .slice(0, 2);

/** Values that are chosen of those there are. */
export function ChosenTokens({
  label,
  values,
  put,
  options,
}: Omit<Edited, 'wordsOf'> & { options: readonly (readonly [value: string, words: string])[] }) {
  const select = useRef<HTMLSelectElement>(null);
  const words = new Map(options);
  return (
    <>
      <Tokens
        label={label}
        values={values}
        wordsOf={(value) => words.get(value) ?? value}
        put={(left) => {
          put(left);
          select.current?.focus();
        }}
      />
      <OneMore
        aria-label={label}
        select={select}
        options={options.filter(([value]) => !values.includes(value))}
        first={values.length === 0 ? 'Choose…' : 'or another…'}
        to={label.toLowerCase()}
        add={(value) => put([...values, value])}
      />
    </>
  );
}

function Tokens({ label, values, put, wordsOf = (value) => value }: Edited): ComponentChildren {
  if (values.length === 0) return null;
  return (
    <ul class="list tokens" aria-label={`${label}, chosen`}>
      {values.map((value, at) => {
        const words = value === '' ? '(not known)' : wordsOf(value);
        return (
          <li class="tag" key={`${at} ${value}`}>
            <span>{words}</span>
            {words !== value && value !== '' && <code>{value}</code>}
            <button
              type="button"
              class="quiet"
              aria-label={`Remove ${words}`}
              onClick={() => put(values.filter((_, place) => place !== at))}
            >
              ×
            </button>
          </li>
        );
      })}
    </ul>
  );
}
