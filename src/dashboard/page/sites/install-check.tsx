import { useState } from 'preact/hooks';
import type { InstallCheck } from '../../../report/install-check.ts';
import { useAnswer } from '../api/use-answer.ts';
import { counted } from '../format.ts';
import { Badge, Card, Moment, Read } from '../ui/parts.tsx';

/** Somebody waits for it. */
const AGAIN_MS = 1_500;

/** Waits for the site's first hit, and says what it sees: stored, or refused and why, and what to change. */
export function InstallCheckCard({ id }: { id: string }) {
  const [since, setSince] = useState<string>();
  return (
    <Card
      title="Install check"
      aside={
        <button
          type="button"
          class={since === undefined ? 'primary' : undefined}
          onClick={() => setSince(new Date().toISOString())}
        >
          {since === undefined ? 'Check the tag' : 'Check again'}
        </button>
      }
    >
      {since === undefined ? (
        <p>Paste the tag, begin the check, then open a page with the tag in another tab.</p>
      ) : (
        <Waiting key={since} id={id} since={since} />
      )}
    </Card>
  );
}

function Waiting({ id, since }: { id: string; since: string }) {
  const check = useAnswer<InstallCheck>(`/v1/sites/${id}/check?since=${since}`, AGAIN_MS);
  return (
    <div aria-live="polite">
      <Read of={check}>
        {({ stored, last, refused }) => (
          <div class="form">
            {last !== null && (
              <div>
                <p>
                  <Badge state="stored" /> The tag works: {counted(stored, 'hit')} came in.
                </p>
                <dl class="facts">
                  <dt>Newest</dt>
                  <dd>
                    {last.event} <Moment at={last.time} />
                  </dd>
                  <dt>Page</dt>
                  <dd>
                    {last.title} <code>{last.path}</code>
                  </dd>
                  <dt>Read as</dt>
                  <dd>
                    {[last.device, last.browser, last.country].filter((one) => one !== '').join(', ')}
                    {last.categories.length > 0 && `; categories ${last.categories.join(', ')}`}
                  </dd>
                </dl>
              </div>
            )}
            {refused.map(({ reason, sentence, advice, n }) => (
              <div key={reason} class="refused">
                <p>
                  <Badge state="refused" /> {counted(n, 'hit')}: {sentence} <code>{reason}</code>
                </p>
                {advice !== '' && <p class="advice">{advice}</p>}
              </div>
            ))}
            {last === null && (
              <p class="loading">
                <span class="spinner" aria-hidden="true" />
                {refused.length === 0 ? 'Waiting for the first hit…' : 'Waiting for a hit that is stored…'}
              </p>
            )}
          </div>
        )}
      </Read>
    </div>
  );
}
