import { type ComponentChildren, Fragment } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import type { Problem } from '../api/call.ts';
import type { Asked } from '../api/use-reading.ts';
import { ago, count, momentOf } from '../format.ts';
import { leaveFocus, takeFocus } from './arrival.ts';
import { Scroll } from './scroll.tsx';

/** The heading of a page, and what can be done on it. */
export function PageHead({ title, children }: { title: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Ninety`;
  }, [title]);
  useEffect(() => {
    const own = heading.current;
    takeFocus(own);
    return () => leaveFocus(own);
  }, []);
  return (
    <div class="page-head">
      <h1 tabIndex={-1} ref={heading}>
        {title}
      </h1>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}

/** A part of a page with its heading. */
export function Card({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <div class="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** So many columns still fit a narrow screen. */
const FEW_COLUMNS = 3;

/**
 * A table. Where the screen is narrow each row of one of many columns is a block of its own, with the column's heading
 * above each cell, and a cell of class `wide` has a line to itself; what is still too wide scrolls by itself, also by
 * keyboard.
 *
 * @param isGrid its rows are to be read against each other, so that they stay beside each other at any width.
 */
export function Table({
  label,
  head,
  isGrid = false,
  children,
}: {
  label: string;
  head: readonly (string | { readonly text: string; readonly number: true })[];
  isGrid?: boolean;
  children: ComponentChildren;
}) {
  const isStacked = !isGrid && head.length > FEW_COLUMNS;
  return (
    <Scroll label={label}>
      <table {...(isStacked && { class: 'stacked', style: headings(head) })}>
        <thead>
          <tr>
            {head.map((cell) => {
              const text = typeof cell === 'string' ? cell : cell.text;
              return (
                <th scope="col" key={text} class={typeof cell === 'string' ? undefined : 'number'}>
                  {text}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </Scroll>
  );
}

/** By the place of its column, what the styles write above a cell. */
const headings = (head: readonly (string | { readonly text: string })[]): Record<string, string> =>
  Object.fromEntries(
    head.map((cell, at) => [
      `--heading-${at + 1}`,
      JSON.stringify(typeof cell === 'string' ? cell : cell.text),
    ]),
  );

/** Nothing is here yet, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** What stands on the page of a kind of thing until there is one. */
export const NoneYet = ({ title, children }: { title: string; children?: ComponentChildren }) => (
  <Card title="None yet">
    <Empty title={title}>{children}</Empty>
  </Card>
);

/** What to do, where the API's own words do not say it already. */
const ADVICE: Readonly<Record<string, string>> = {
  forbidden: 'Sign in with a key that has the scope, or have an admin give it to yours under Keys.',
  not_found: 'It may have been ended meanwhile; the list has what there is.',
  internal: 'Try again; if it stays, the server’s log has what happened.',
};

export function ProblemNote({ problem, retry }: { problem: Problem; retry?: () => unknown }) {
  return (
    <div class="problem" role="alert">
      <p>
        {problem.message} <code>{problem.type}</code>
      </p>
      {ADVICE[problem.type] !== undefined && <p>{ADVICE[problem.type]}</p>}
      {retry !== undefined && problem.type !== 'not_found' && (
        <button type="button" onClick={() => void retry()}>
          Try again
        </button>
      )}
    </div>
  );
}

/**
 * Shows what was read, or that it is on its way, or why it did not come.
 *
 * @param title of the page that what is read has the heading of: it needs one too where nothing comes.
 */
export function Read<T>({
  of,
  title,
  children,
}: {
  of: Asked<T>;
  title?: string;
  children: (value: T) => ComponentChildren;
}) {
  if (of.value !== undefined)
    return (
      <>
        {of.problem !== undefined && <ProblemNote problem={of.problem} retry={of.reload} />}
        {children(of.value)}
      </>
    );
  if (of.problem !== undefined)
    return (
      <>
        {title !== undefined && <PageHead title={title} />}
        <ProblemNote problem={of.problem} retry={of.reload} />
      </>
    );
  return <Loading />;
}

export const Loading = () => (
  <p class="loading" role="status">
    <span class="spinner" aria-hidden="true" /> Loading…
  </p>
);

const TONES: Readonly<Record<string, string>> = {
  fresh: 'good',
  done: 'good',
  fine: 'good',
  delivered: 'good',
  ok: 'good',
  stored: 'good',
  published: 'good',
  on: 'good',
  stale: 'warn',
  late: 'warn',
  waiting: 'warn',
  resting: 'warn',
  off: 'none',
  new: 'none',
  building: 'busy',
  running: 'busy',
  sending: 'busy',
  failed: 'bad',
  died: 'bad',
  down: 'bad',
  stuck: 'bad',
  refused: 'bad',
};

/** A state in one word. */
export const Badge = ({ state }: { state: string }) => (
  <span class="badge" data-tone={TONES[state] ?? 'none'}>
    {state}
  </span>
);

/** How long ago, with the moment itself for who points at it. @param now of the server's clock where known. */
export function Moment({ at, now }: { at: string | null; now?: string }) {
  if (at === null) return <span class="muted">never</span>;
  return (
    <time dateTime={at} title={momentOf(at)}>
      {ago(at, now ?? new Date().toISOString())}
    </time>
  );
}

export const Count = ({ n }: { n: number | null | undefined }) =>
  n === null || n === undefined ? <span class="muted">–</span> : <span>{count(n)}</span>;

/** What ties an input to its label, its hint and what is wrong with it. */
export interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
}

/** A field of a form with its label, a hint and what is wrong with it. */
export function Field({
  label,
  hint,
  problem,
  children,
}: {
  label: string;
  hint?: ComponentChildren;
  problem?: string | undefined;
  children: (ids: FieldIds) => ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="field">
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-hint`, 'aria-invalid': problem !== undefined })}
      <p class="hint" id={`${id}-hint`}>
        {problem !== undefined && (
          <span class="wrong" role="alert">
            {problem}{' '}
          </span>
        )}
        {hint}
      </p>
    </div>
  );
}

/** What is known of one thing, name by name. */
export function Facts({ rows }: { rows: readonly (readonly [name: string, value: ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </Fragment>
      ))}
    </dl>
  );
}
