import { useAll } from '../api/use-all.ts';
import type { Wrong } from '../ui/form.tsx';
import { OneMore } from '../ui/one-more.tsx';
import { Field } from '../ui/parts.tsx';
import type { Draft } from './draft.ts';

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Which segments go there: all there will ever be, or chosen ones, each with the name that it has there. */
export function SegmentsChoice({
  draft,
  change,
  wrong,
}: {
  draft: Draft;
  change: (draft: Draft) => void;
  wrong: Wrong;
}) {
  const segments = useAll<Named>('/v1/segments');
  const names = new Map(segments.value?.map(({ id, name }) => [id, name]));
  const isChosen = new Set(draft.segments.map(({ id }) => id));
  const set = (list: Draft['segments']) => change({ ...draft, segments: list });
  return (
    <fieldset class="choices">
      <legend class="label">Segments</legend>
      <label>
        <input
          type="checkbox"
          checked={draft.isAll}
          onChange={(event) => change({ ...draft, isAll: event.currentTarget.checked })}
        />{' '}
        All, and those that will be made
      </label>
      {!draft.isAll && (
        <>
          {draft.segments.map(({ id, code }, at) => (
            <div class="segment-sent" key={id}>
              <Field
                label={`${names.get(id) ?? id} is called there`}
                problem={wrong(`/segments/${at}`)}
                hint={`Empty: ${id}`}
              >
                {(ids) => (
                  <input
                    {...ids}
                    class="code"
                    value={code}
                    onInput={(event) => {
                      const text = event.currentTarget.value;
                      set(draft.segments.map((one) => (one.id === id ? { id, code: text } : one)));
                    }}
                  />
                )}
              </Field>
              <button type="button" onClick={() => set(draft.segments.filter((one) => one.id !== id))}>
                Take out <span class="unseen">{names.get(id) ?? id}</span>
              </button>
            </div>
          ))}
          <Field label="Add a segment" problem={draft.segments.length === 0 ? wrong('/segments') : undefined}>
            {(ids) => (
              <div class="actions">
                <OneMore
                  {...ids}
                  options={(segments.value ?? []).flatMap(({ id, name }) =>
                    isChosen.has(id) ? [] : [[id, name] as const],
                  )}
                  first="Choose…"
                  to="the segments"
                  add={(id) => set([...draft.segments, { id, code: '' }])}
                />
              </div>
            )}
          </Field>
        </>
      )}
    </fieldset>
  );
}
