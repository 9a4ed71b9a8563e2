import { useEffect, useState } from 'preact/hooks';
import type { ShownProfile } from '../../../api/profile.ts';
import type { ShownWhy } from '../../../api/why.ts';
import type { Partner } from '../../../registry/kinds.ts';
import { call } from '../api/call.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useNewest } from '../api/use-newest.ts';
import { ActionButton } from '../ui/actions.tsx';
import { Badge } from '../ui/parts.tsx';

/** Of `POST /cookie_sync`, in Prebid Server's dialect, what is shown. */
interface CookieSync {
  readonly bidder_status: readonly { readonly usersync?: { readonly url: string; readonly type: string } }[];
  readonly debug: readonly { readonly outcome: string; readonly detail: string }[];
}

interface Begun {
  /** The own browser's 11 characters. */
  readonly visitor: string;
  readonly decided: CookieSync;
}

/** Each time somebody is looked at, and that is written down. */
const AGAIN_MS = 10_000;

/** A sync of the browser that looks at this page, hop by hop, by the doors that everybody takes. */
export function LiveTest({ partner }: { partner: Partner }) {
  const [begun, setBegun] = useState<Begun>();
  return (
    <>
      <p class="muted small">
        Your own look is written down under Audit. The partner is asked only when you go there by the link.
      </p>
      <ActionButton
        act={async () => {
          const { visitor } = await call<ShownProfile>('GET', '/v1/visitors/me');
          const decided = await call<CookieSync>('POST', '/cookie_sync', {
            bidders: [partner.id],
            debug: true,
          });
          setBegun({ visitor, decided });
        }}
      >
        {begun === undefined ? 'Begin' : 'Begin again'}
      </ActionButton>
      {begun !== undefined && <Hops partner={partner} begun={begun} />}
    </>
  );
}

function Hops({ partner, begun: { visitor, decided } }: { partner: Partner; begun: Begun }) {
  const [isMatched, setIsMatched] = useState(false);
  const path = `/v1/partners/${partner.id}/why?visitor=${visitor}`;
  const now = useAnswer<ShownWhy>(isMatched ? undefined : path, AGAIN_MS);
  // Once it is matched nothing more is asked, and what was answered stays.
  const newest = useNewest(now.value);
  useEffect(() => setIsMatched(newest?.stored?.matched === true), [now.value]);
  const url = decided.bidder_status[0]?.usersync?.url;
  const verdict = decided.debug[0];
  const stored = newest?.stored;
  const returned = stored?.matched === true ? undefined : newest?.returned;
  return (
    <ol class="hops" aria-live="polite">
      <li>
        This browser is <code>{visitor}</code>; consent: {stored?.consent.replace('_', ' ') ?? '…'}.
      </li>
      <li>
        We decide: <code>{verdict?.outcome ?? 'unknown_partner'}</code> {verdict?.detail}
      </li>
      {url !== undefined && (
        <li>
          <a href={url} target="_blank" rel="noopener">
            Go to {new URL(url, location.href).host}
          </a>
          , which sends the browser back to <code>/setuid</code> with its own id.
        </li>
      )}
      <li>
        <Badge state={stored?.matched === true ? 'ok' : 'waiting'} />{' '}
        {stored?.matched === true
          ? 'The partner’s id for this browser is stored.'
          : returned === undefined
            ? 'No id of the partner’s yet.'
            : 'The browser came back without an id.'}
        {returned !== undefined && (
          <span class="why">
            {returned.detail} <code>{returned.outcome}</code>
          </span>
        )}
        {stored?.setAside.map(({ reason, detail }) => (
          <span class="why" key={reason}>
            {detail} <code>{reason}</code>
          </span>
        ))}
      </li>
    </ol>
  );
}
