import { MatchFields } from './match-fields.tsx';
import type { FieldsOf } from './rule-fields.ts';
import { Within } from './span-fields.tsx';
import { useKeys } from './use-keys.ts';

/** As many the API takes. */
const MOST_STEPS = 10;

/** Hits one after the other, each with what it must have. */
export function SequenceFields({
  fields,
  change,
}: {
  fields: FieldsOf<'sequence'>;
  change: (fields: FieldsOf<'sequence'>) => void;
}) {
  const { steps, gap, within } = fields;
  const keys = useKeys(steps.length);
  return (
    <>
      <ol class="list steps">
        {steps.map((match, at) => (
          <li key={keys.of(at)}>
            <fieldset class="step">
              <legend>
                <span class="muted small">{at === 0 ? 'First' : 'Then'}</span>{' '}
                <button
                  type="button"
                  class="quiet"
                  aria-label={`Remove step ${at + 1}`}
                  disabled={steps.length === 1}
                  onClick={() => {
                    keys.drop(at);
                    change({ ...fields, steps: steps.filter((_, place) => place !== at) });
                  }}
                >
                  ×
                </button>
              </legend>
              <MatchFields
                match={match}
                change={(next) =>
                  change({ ...fields, steps: steps.map((step, place) => (place === at ? next : step)) })
                }
              />
            </fieldset>
          </li>
        ))}
      </ol>
      <div class="inline">
        <button
          type="button"
          disabled={steps.length >= MOST_STEPS}
          onClick={() => change({ ...fields, steps: [...steps, []] })}
        >
          Add a step
        </button>
        <Within
          text={gap}
          label="each after the one before within"
          none="any time"
          change={(next) => change({ ...fields, gap: next })}
        />
        <Within text={within} label="all within" change={(next) => change({ ...fields, within: next })} />
      </div>
    </>
  );
}
