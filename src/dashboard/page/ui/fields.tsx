import type { ComponentChildren } from 'preact';
import { Field } from './parts.tsx';

interface Common {
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly problem?: string | undefined;
  readonly value: string;
  readonly change: (value: string) => void;
}

/** A line of text. */
export const TextField = ({
  value,
  change,
  isCode = false,
  ...field
}: Common & { readonly isCode?: boolean }) => (
  <Field {...field}>
    {(ids) => (
      <input
        {...ids}
        class={isCode ? 'code' : undefined}
        value={value}
        spellcheck={!isCode}
        onInput={(event) => change(event.currentTarget.value)}
      />
    )}
  </Field>
);

/** Something secret: on one line, or on several, as keys in PEM form are. */
export const SecretField = ({
  value,
  change,
  isLong = false,
  ...field
}: Common & { readonly isLong?: boolean }) => (
  <Field {...field}>
    {(ids) =>
      isLong ? (
        <textarea
          {...ids}
          class="code concealed"
          rows={4}
          autocomplete="off"
          spellcheck={false}
          value={value}
          onInput={(event) => change(event.currentTarget.value)}
        />
      ) : (
        <input
          {...ids}
          type="password"
          autocomplete="new-password"
          spellcheck={false}
          value={value}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )
    }
  </Field>
);

/** One of some. @param empty what nothing chosen is called; without it something is always chosen. */
export const SelectField = ({
  value,
  change,
  options,
  empty,
  ...field
}: Common & {
  readonly options: readonly (readonly [value: string, words: string])[];
  readonly empty?: string;
}) => (
  <Field {...field}>
    {(ids) => (
      <select {...ids} value={value} onChange={(event) => change(event.currentTarget.value)}>
        {empty !== undefined && <option value="">{empty}</option>}
        {options.map(([one, words]) => (
          <option key={one} value={one}>
            {words}
          </option>
        ))}
      </select>
    )}
  </Field>
);

/** Any of some. */
export function Choices({
  legend,
  options,
  chosen,
  change,
  problem,
  isShort = false,
}: {
  legend: string;
  /** Several stand in a line. */
  isShort?: boolean;
  options: readonly (readonly [value: string, words: ComponentChildren])[];
  chosen: readonly string[];
  change: (chosen: readonly string[]) => void;
  problem?: string | undefined;
}) {
  return (
    <fieldset class={isShort ? 'choices short' : 'choices'}>
      <legend class="label">{legend}</legend>
      {options.map(([one, words]) => (
        <label key={one}>
          <input
            type="checkbox"
            aria-invalid={problem !== undefined}
            checked={chosen.includes(one)}
            onChange={(event) =>
              change(event.currentTarget.checked ? [...chosen, one] : chosen.filter((each) => each !== one))
            }
          />{' '}
          {words}
        </label>
      ))}
      {problem !== undefined && (
        <p class="hint wrong" role="alert">
          {problem}
        </p>
      )}
    </fieldset>
  );
}
