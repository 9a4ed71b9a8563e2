import { useEffect, useRef, useState } from 'preact/hooks';
import { ConditionFields } from './condition.tsx';
import {
  type ClauseKind,
  EMPTY,
  isWritten,
  KINDS,
  kindOf,
  type Path,
  partsOf,
  pointer,
  put,
  without,
} from './rule-tree.ts';
import { Share } from './size-card.tsx';
import type { Estimated } from './use-estimate.ts';
import { useKeys } from './use-keys.ts';

interface Edited {
  readonly rule: unknown;
  readonly path: Path;
  /** Told the whole rule that comes of a change. */
  readonly change: (rule: unknown) => void;
  readonly estimated: Estimated;
}

/** All or any of some parts, each a clause or a group again. */
export function GroupEditor({
  group,
  remove,
  ...edited
}: Edited & {
  group: unknown;
  /** Takes the group away; undefined for the one that holds all of the rule. */
  remove?: (() => void) | undefined;
}) {
  const { rule, path, change } = edited;
  const kind = kindOf(group) === 'any' ? 'any' : 'all';
  const parts = partsOf(group);
  const replace = (next: unknown) => change(put(rule, path, next));
  const add = (clause: unknown) => replace({ [kind]: [...parts, clause] });
  const isTop = remove === undefined;
  const keys = useKeys(parts.length);
  const removeAt = (at: number) => {
    // A group goes with the last of its parts, also for the list that it is in.
    if (parts.length === 1 && remove !== undefined) return remove();
    keys.drop(at);
    change(without(rule, [...path, kind, at]));
  };
  const list = useRef<HTMLUListElement>(null);
  const adding = useRef<HTMLButtonElement>(null);
  const before = useRef(parts.length);
  useEffect(() => {
    const last = list.current?.lastElementChild;
    // Who adds goes on in what is added; who removes was on what is no more.
    if (parts.length > before.current) last?.querySelector<HTMLElement>('select')?.focus();
    else if (parts.length < before.current && document.activeElement === document.body)
      adding.current?.focus();
    before.current = parts.length;
  }, [parts.length]);
  return (
    <fieldset class="group">
      <legend>
        <label>
          <span class="unseen">Who meets </span>
          <select
            value={kind}
            onChange={(event) => replace({ [event.currentTarget.value]: parts })}
            aria-label={isTop ? 'Who meets' : 'Who meets, in this group'}
          >
            <option value="all">all of these</option>
            <option value="any">any of these</option>
          </select>
        </label>
      </legend>
      <ul class="list clauses" ref={list}>
        {parts.map((each, at) => (
          <li key={keys.of(at)}>
            {at > 0 && <p class="joint">{kind === 'all' ? 'and' : 'or'}</p>}
            <PartEditor
              {...edited}
              part={each}
              path={[...path, kind, at]}
              isOnly={isTop && parts.length === 1}
              remove={() => removeAt(at)}
            />
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" ref={adding} onClick={() => add(EMPTY.did)}>
          Add a clause
        </button>
        <button type="button" onClick={() => add({ [kind === 'all' ? 'any' : 'all']: [EMPTY.did] })}>
          Add a group
        </button>
        {!isTop && (
          <button type="button" class="quiet" onClick={remove}>
            Remove the group
          </button>
        )}
      </div>
    </fieldset>
  );
}

function PartEditor({
  part,
  isOnly,
  remove,
  ...edited
}: Edited & { part: unknown; isOnly: boolean; remove: () => void }) {
  const { rule, path, change, estimated } = edited;
  // A clause of another kind is another clause, whose fields hold nothing of what was typed into those before.
  const [chosen, setChosen] = useState(0);
  const isNot = kindOf(part) === 'not';
  const inner = isNot && isWritten(part) ? part['not'] : part;
  const innerPath = isNot ? [...path, 'not'] : path;
  const kind = kindOf(inner);
  if (kind === 'all' || kind === 'any')
    return (
      <>
        {isNot && <p class="joint">not</p>}
        <GroupEditor {...edited} group={inner} path={innerPath} remove={remove} />
      </>
    );
  const own = estimated.mistakes.filter(({ path: at }) => `${at}/`.startsWith(`${pointer(innerPath)}/`));
  return (
    <fieldset class="clause" data-wrong={own.length > 0}>
      <legend class="unseen">Clause {placeOf(path)}</legend>
      <div class="clause-head">
        <select
          aria-label="Whether it holds"
          value={isNot ? 'not' : 'is'}
          onChange={(event) =>
            change(put(rule, path, event.currentTarget.value === 'not' ? { not: inner } : inner))
          }
        >
          <option value="is">who</option>
          <option value="not">who not</option>
        </select>
        <select
          aria-label="Kind of clause"
          value={kind === 'not' ? '' : (kind ?? '')}
          onChange={(event) => {
            setChosen(chosen + 1);
            change(put(rule, innerPath, EMPTY[event.currentTarget.value as ClauseKind]));
          }}
        >
          {(kind === undefined || kind === 'not') && <option value="">As it is written</option>}
          {Object.entries(KINDS).map(([id, words]) => (
            <option key={id} value={id}>
              {words}
            </option>
          ))}
        </select>
        <Share n={estimated.countOf(inner)} of={estimated.universe} />
        <button
          type="button"
          class="quiet remove"
          aria-label="Remove the clause"
          disabled={isOnly}
          onClick={remove}
        >
          ×
        </button>
      </div>
      <ConditionFields key={chosen} clause={inner} change={(next) => change(put(rule, innerPath, next))} />
      {own.map(({ message }) => (
        <p class="wrong small" key={message}>
          {message}
        </p>
      ))}
    </fieldset>
  );
}

/** The first of the second group is 2.1. */
const placeOf = (path: Path): string =>
  path
    .filter((step) => typeof step === 'number')
    .map((at) => at + 1)
    .join('.') || '1';
