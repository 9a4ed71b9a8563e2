import { useEffect, useState } from 'preact/hooks';
import type { InstallCheck } from '../../../report/install-check.ts';
import { usePublicUrl } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { counted } from '../format.ts';
import { Badge, Card, Moment, Read } from '../ui/parts.tsx';

/** Somebody waits for it. */
const AGAIN_MS = 1_500;
/** Long enough to open a page; who has waited so long looks for the fault elsewhere. */
const LONG_MS = 20_000;

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
  const [isLong, setIsLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
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
            {last === null && refused.length === 0 && isLong && <NothingComes />}
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

/** Of a hit that does not reach the server, the server knows nothing: what keeps one away, by how often it does. */
function NothingComes() {
  const publicUrl = usePublicUrl();
  return (
    <div>
      <p class="advice">
        Nothing has reached this server yet, not even to be refused. On the page with the tag:
      </p>
      <ul>
        <li>Does its source have the tag, with this site’s key, and is it published, not only previewed?</li>
        <li>
          Do the browser’s developer tools show that <code>{publicUrl}/tag.js</code> came? If it is blocked, a
          content blocker is at work, or a Content-Security-Policy: <code>script-src</code>,{' '}
          <code>img-src</code> and <code>connect-src</code> must have <code>{publicUrl}</code>.
        </li>
        <li>
          Does a page over https load the tag over http? Then the browser does not: this server must be
          reached over https too.
        </li>
        <li>Does a consent platform or tag manager hold the tag back until somebody agrees?</li>
      </ul>
    </div>
  );
}
