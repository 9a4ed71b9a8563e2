import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, type FieldProblem, type Problem } from '../api/call.ts';
import { useWork } from './leaving.tsx';

/** What is wrong with a field by its path, such as `/domains`, and with what is below it. */
export type Wrong = (path: string) => string | undefined;

/**
 * A form that Enter sends. What the API will not have stands at its field in the API's own words, the focus goes to the
 * first of these, and what is of no field stands above the button. Once touched it is not left without a question.
 *
 * @param send what it does; what it throws is shown.
 */
export function Form({
  verb,
  send,
  children,
}: {
  verb: string;
  send: () => Promise<unknown>;
  children: (wrong: Wrong) => ComponentChildren;
}) {
  const form = useRef<HTMLFormElement>(null);
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const [isTouched, setIsTouched] = useState(false);
  const release = useWork(isTouched, form);
  useEffect(() => {
    const own = form.current;
    const touched = () => setIsTouched(true);
    // What is chosen is told by `input` first: drawn again between that and `change`, it would be what it was before.
    const typed = (event: Event) => {
      if (!(event.target as Element).matches('select, [type=checkbox], [type=radio]')) touched();
    };
    // A button beside the one that sends adds or takes away something.
    const clicked = (event: Event) => {
      if ((event.target as Element).closest('button')?.type === 'button') touched();
    };
    own?.addEventListener('input', typed);
    own?.addEventListener('change', touched);
    own?.addEventListener('click', clicked);
    return () => {
      own?.removeEventListener('input', typed);
      own?.removeEventListener('change', touched);
      own?.removeEventListener('click', clicked);
    };
  }, []);
  useEffect(() => {
    if (problem === undefined) return;
    // What is folded away is opened first: it would take no focus.
    for (const input of form.current?.querySelectorAll('[aria-invalid="true"]') ?? [])
      input.closest('details')?.setAttribute('open', '');
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problem]);
  const shown = new Set<FieldProblem>();
  const wrong: Wrong = (path) => {
    const own = problem?.fields.filter((one) => one.path === path || one.path.startsWith(`${path}/`)) ?? [];
    for (const one of own) shown.add(one);
    return own.length === 0 ? undefined : own.map((one) => wordsOf(one, path)).join('; ');
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setProblem(undefined);
    try {
      await send();
      release();
      setIsTouched(false);
    } catch (error) {
      setProblem(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} class="form" noValidate autocomplete="off" onSubmit={submit}>
      {children(wrong)}
      <Rest problem={problem} shown={shown} />
      <div class="actions">
        <button type="submit" class="primary" aria-busy={busy}>
          {busy && <span class="spinner" aria-hidden="true" />} {verb}
        </button>
      </div>
    </form>
  );
}

/** Of a list, which of it: `/domains/1` at `/domains` is the second. */
function wordsOf({ path, message }: FieldProblem, field: string): string {
  const [, below] = path.slice(field.length).split('/');
  return below === undefined || !/^\d+$/.test(below) ? message : `number ${Number(below) + 1}: ${message}`;
}

/** Rendered after the fields, it knows what they have shown. */
function Rest({ problem, shown }: { problem: Problem | undefined; shown: ReadonlySet<FieldProblem> }) {
  if (problem === undefined) return null;
  const rest = problem.fields.filter((one) => !shown.has(one));
  if (problem.fields.length > 0 && rest.length === 0) return null;
  const text =
    rest.length === 0 ? problem.message : rest.map((one) => `${one.path} ${one.message}`).join('; ');
  return (
    <p class="problem" role="alert">
      <span>
        {text} <code>{problem.type}</code>
        {problem.type === 'version_conflict' &&
          ' Somebody has changed it meanwhile: close this, and open it again with what is there now.'}
      </span>
    </p>
  );
}
