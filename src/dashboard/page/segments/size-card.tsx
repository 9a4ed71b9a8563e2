import { count, counted } from '../format.ts';
import { Card } from '../ui/parts.tsx';
import type { Estimated } from './use-estimate.ts';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** How many the rule has now: the number that a build of it would have. */
export function SizeCard({
  estimated,
  isOpen,
  before,
}: {
  estimated: Estimated;
  /** Something is still to be filled in. */
  isOpen: boolean;
  before: number | undefined;
}) {
  const { size, tookMs, universe, isCounting, mistakes, problem, shareProblem, uncounted } = estimated;
  return (
    <div class="beside">
      <Card title="Size">
        <div role="status" aria-busy={isCounting}>
          <p class="big" data-testid="estimate">
            {size === undefined ? '–' : count(size)}
            {isCounting && <span class="spinner" aria-hidden="true" />}
          </p>
          <p class="muted small">
            {isOpen && 'Fill in every field, and it is counted.'}
            {size !== undefined &&
              (isCounting ? 'visitors before the change, counting…' : 'visitors, counted exactly')}
            {tookMs !== undefined && !isCounting && ` in ${tookMs} ms`}
          </p>
          {size !== undefined && universe !== undefined && universe > 0 && (
            <p>
              {percent.format(size / universe)} of the {count(universe)} visitors who may be in a segment
            </p>
          )}
          {before !== undefined && size !== undefined && size !== before && (
            <p class="muted small">
              {size > before ? '+' : '−'}
              {count(Math.abs(size - before))} against the version that readers see
            </p>
          )}
        </div>
        {uncounted > 0 && size !== undefined && (
          <p class="muted small">Of {counted(uncounted, 'further clause')} the own share is not counted.</p>
        )}
        {shareProblem !== undefined && (
          <p class="muted small">Not every clause’s own share came: {shareProblem.message}</p>
        )}
        {problem !== undefined && mistakes.length === 0 && (
          <p class="wrong" role="alert">
            {problem.message}
          </p>
        )}
        {mistakes.length > 0 && (
          <div role="alert">
            <p class="wrong">The rule is not understood:</p>
            <ul class="list mistakes">
              {mistakes.map(({ path, message }) => (
                <li key={path + message}>
                  <code>{message}</code>
                </li>
              ))}
            </ul>
          </div>
        )}
      </Card>
    </div>
  );
}

/** How many meet one clause alone, as a number and as a bar. */
export function Share({ n, of }: { n: number | undefined; of: number | undefined }) {
  if (n === undefined || of === undefined || of === 0) return null;
  const share = Math.min(1, n / of);
  return (
    <span class="share">
      <span class="share-bar" aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span class="small muted">
        {count(n)}, {percent.format(share)}
      </span>
    </span>
  );
}
