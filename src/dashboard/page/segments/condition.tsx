import { useState } from 'preact/hooks';
import { useAll } from '../api/use-all.ts';
import { useAnswer } from '../api/use-answer.ts';
import { FieldRows } from './field-rows.tsx';
import { MatchFields } from './match-fields.tsx';
import { type ClauseFields, clauseOf, type FieldsOf, fieldsOf } from './rule-fields.ts';
import { type ClauseKind, isWritten } from './rule-tree.ts';
import { SequenceFields } from './sequence-fields.tsx';
import type { ShownSegment } from './shown.ts';
import { SpanFields, Within } from './span-fields.tsx';
import { TaxonomyButton } from './taxonomy-picker.tsx';
import { ChosenTokens } from './tokens.tsx';

interface Of<K extends ClauseKind> {
  readonly fields: FieldsOf<K>;
  readonly change: (fields: FieldsOf<K>) => void;
}

/** A clause as fields, or as it is written where fields would not show it whole. */
export function ConditionFields({
  clause,
  change,
}: {
  clause: unknown;
  /** Told text where what is typed is no clause yet. */
  change: (clause: unknown) => void;
}) {
  const fields = fieldsOf(clause);
  // Who types goes on typing, also when what is there by then would have fields.
  const [isTyped, setIsTyped] = useState(fields === undefined);
  if (fields !== undefined && !isTyped)
    return <Fields fields={fields} change={(next) => change(clauseOf(next))} />;
  return (
    <>
      <Typed clause={clause} change={change} />
      {fields === undefined ? (
        <p class="muted small">Fields would not show all of this clause, so it is edited as it is written.</p>
      ) : (
        <div class="actions">
          <button type="button" onClick={() => setIsTyped(false)}>
            Show it as fields
          </button>
        </div>
      )}
    </>
  );
}

function Fields({ fields, change }: { fields: ClauseFields; change: (fields: ClauseFields) => void }) {
  switch (fields.kind) {
    case 'did':
      return <Did fields={fields} change={change} />;
    case 'dwell':
      return <Dwell fields={fields} change={change} />;
    case 'sequence':
      return <SequenceFields fields={fields} change={change} />;
    case 'interest':
      return <Interest fields={fields} change={change} />;
    case 'demographic':
      return <Demographic fields={fields} change={change} />;
    case 'segment':
      return <SegmentField chosen={fields.segment} choose={(segment) => change({ ...fields, segment })} />;
    case 'like':
      return <Like fields={fields} change={change} />;
    case 'trait':
      return (
        <input
          aria-label="Trait, as provider:name"
          placeholder="Trait, as provider:name"
          value={fields.trait}
          onInput={(event) => change({ ...fields, trait: event.currentTarget.value })}
        />
      );
  }
}

function Did({ fields, change }: Of<'did'>) {
  return (
    <>
      <MatchFields match={fields.match} change={(match) => change({ ...fields, match })} />
      <div class="inline">
        <SpanFields of="times" span={fields.times} change={(times) => change({ ...fields, times })} />
        <Within text={fields.within} change={(within) => change({ ...fields, within })} />
      </div>
    </>
  );
}

function Dwell({ fields, change }: Of<'dwell'>) {
  return (
    <>
      <div class="inline">
        <SpanFields of="seconds" span={fields.seconds} change={(seconds) => change({ ...fields, seconds })} />
        <Within text={fields.within} change={(within) => change({ ...fields, within })} />
      </div>
      <MatchFields match={fields.on} change={(on) => change({ ...fields, on })} />
    </>
  );
}

function Interest({ fields, change }: Of<'interest'>) {
  const { interest: id, score } = fields;
  const named = useAnswer<{ items: { id: string; tiers: string[] }[] }>(
    id === '' ? undefined : `/v1/taxonomy?taxonomy=audience-1.1&id=${encodeURIComponent(id)}`,
  );
  return (
    <div class="inline">
      <span>{named.value?.items[0]?.tiers.join(' › ') ?? (id === '' ? 'nothing chosen yet' : id)}</span>
      <TaxonomyButton
        taxonomy="audience-1.1"
        label="Choose an interest"
        pick={(interest) => change({ ...fields, interest })}
      />
      <SpanFields of="score" span={score} most={100} change={(next) => change({ ...fields, score: next })} />
    </div>
  );
}

function SegmentField({ chosen, choose }: { chosen: string; choose: (id: string) => void }) {
  const segments = useAll<ShownSegment>('/v1/segments');
  const known = segments.value ?? [];
  return (
    <select aria-label="Segment" value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
      <option value="">Choose a segment</option>
      {/* Also while the list is on its way, and where it has ended meanwhile. */}
      {chosen !== '' && known.every(({ id }) => id !== chosen) && <option value={chosen}>{chosen}</option>}
      {known.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

function Like({ fields, change }: Of<'like'>) {
  return (
    <div class="inline">
      <SegmentField chosen={fields.like} choose={(like) => change({ ...fields, like })} />
      <label>
        the most similar{' '}
        <input
          type="number"
          class="short"
          min={0}
          max={100}
          step="any"
          aria-label="The most similar, in percent"
          value={Number.isNaN(fields.percent) ? '' : fields.percent}
          onInput={(event) => change({ ...fields, percent: event.currentTarget.valueAsNumber })}
        />{' '}
        % of everybody
      </label>
    </div>
  );
}

function Demographic({ fields, change }: Of<'demographic'>) {
  const known = useAnswer<{ items: { attribute: string; values: (string | { value: string })[] }[] }>(
    '/v1/labels/attributes',
  );
  const items = known.value?.items ?? [];
  const valuesOf = (name: string) =>
    items
      .find(({ attribute }) => attribute === name)
      ?.values.map((each) => (typeof each === 'string' ? each : each.value)) ?? [];
  return (
    <>
      <FieldRows
        rows={fields.wanted}
        names={items.map(({ attribute }) => attribute)}
        noun="attribute"
        none="No attribute yet."
        change={(wanted) => change({ ...fields, wanted })}
      >
        {({ name, values }, put) => (
          <ChosenTokens
            label={`Values of ${name}`}
            values={values}
            put={put}
            options={valuesOf(name).map((value) => [value, value])}
          />
        )}
      </FieldRows>
      <div class="inline">
        <SpanFields
          of="probability"
          span={fields.probability}
          most={1}
          change={(probability) => change({ ...fields, probability })}
        />
        {fields.probability.from === undefined && fields.probability.to === undefined && (
          <span class="muted small">Without a probability: as declared, else as the model decides.</span>
        )}
      </div>
    </>
  );
}

/** A longer text scrolls. */
const MOST_ROWS = 18;

/** What fields would not show whole is written as it is in the rule; so is what is no clause yet. */
function Typed({ clause, change }: { clause: unknown; change: (clause: unknown) => void }) {
  const [text, setText] = useState(() =>
    typeof clause === 'string' ? clause : JSON.stringify(clause, null, 2),
  );
  return (
    <textarea
      class="code"
      rows={Math.min(MOST_ROWS, text.split('\n').length + 1)}
      spellcheck={false}
      aria-label="The clause, as JSON"
      aria-invalid={!isWritten(clause)}
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        change(readClause(event.currentTarget.value));
      }}
    />
  );
}

/** @returns the clause, or the text itself where it is none: what is shown is what there is, also while it is wrong. */
function readClause(text: string): unknown {
  try {
    const read: unknown = JSON.parse(text);
    return isWritten(read) ? read : text;
  } catch {
    return text;
  }
}
