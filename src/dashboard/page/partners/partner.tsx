import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import type { ShownWhy } from '../../../api/why.ts';
import type { MatchCounts, MatchRate } from '../../../identity/match-rate.ts';
import type { Partner } from '../../../registry/kinds.ts';
import { call } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { ConfirmButton } from '../ui/actions.tsx';
import { EditButton } from '../ui/editing.tsx';
import { Card, Count, Empty, Facts, PageHead, Read, Table } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { LiveTest } from './live-test.tsx';
import { OverTime } from './over-time.tsx';
import { PartnerForm } from './partner-form.tsx';
import { Rate } from './rate.tsx';

/** A partner as `GET /v1/partners/{id}` has it. */
type ShownPartner = Partner & { readonly matchKeptBy: 'us' | 'partner' | 'both' | null };

/** One partner: how many of the visitors it can be told of, how its syncs end, and a sync of one's own browser. */
export function PartnerPage() {
  const { id } = useRoute().params as { id: string };
  const partner = useAnswer<ShownPartner>(`/v1/partners/${id}`);
  const rate = useAnswer<MatchRate>(`/v1/partners/${id}/match-rate`);
  const why = useAnswer<ShownWhy>(`/v1/partners/${id}/why`);
  const mayLook = useMay('visitors');
  const mayEdit = useMay('edit');
  return (
    <>
      <p class="crumb">
        <a href="/console/partners">Partners</a>
      </p>
      <Read of={partner} title="Partner">
        {(shown) => (
          <>
            <PageHead title={shown.name}>
              {mayEdit && <Changing partner={shown} changed={partner.reload} />}
            </PageHead>
            <Card title="Match rate now">
              <Read of={rate}>{(now) => <Rates rate={now} />}</Read>
            </Card>
            <OverTime id={id} name={shown.name} />
            <div class="columns">
              <Card title="How syncs ended, last 24 hours">
                <Read of={why}>{({ lastDay }) => <Outcomes lastDay={lastDay} />}</Read>
              </Card>
              <Card title="Test with this browser">
                {mayLook ? (
                  <LiveTest partner={shown} />
                ) : (
                  <Empty title="A look at one’s own browser needs the scope visitors.">
                    <p>Sign in with a key that has it, or have an admin give it to yours under Keys.</p>
                  </Empty>
                )}
              </Card>
              <About partner={shown} />
            </div>
          </>
        )}
      </Read>
    </>
  );
}

function Changing({ partner, changed }: { partner: Partner; changed: () => Promise<void> }) {
  const { route } = useLocation();
  return (
    <>
      <EditButton name={partner.name} changed={changed}>
        {(done) => <PartnerForm partner={partner} done={done} />}
      </EditButton>
      <ConfirmButton
        verb="End the partner"
        ask={`${partner.name} is synced with no more, and nobody is told of under its ids. Its id is never given again: for a new beginning there must be a new partner.`}
        act={async () => {
          await call('DELETE', `/v1/partners/${partner.id}`);
          tell(`${partner.name} has ended.`);
          route('/console/partners');
        }}
      >
        End the partner
      </ConfirmButton>
    </>
  );
}

const KEPT_BY = {
  us: 'us, from its answer',
  partner: 'the partner',
  both: 'both sides',
} as const;

function About({ partner }: { partner: ShownPartner }) {
  const rows: readonly (readonly [string, preact.ComponentChildren])[] = [
    ['Id', <code key="id">{partner.id}</code>],
    ['GVL id', partner.gvlId ?? 'none: nobody under TCF is synced or told of'],
    ['Sync URL', partner.syncUrl ?? 'none'],
    ['Iframe URL', partner.iframeUrl ?? 'none'],
    [
      'Match kept by',
      partner.matchKeptBy === null ? 'nobody: no URL to follow' : KEPT_BY[partner.matchKeptBy],
    ],
    ['Domains', partner.redirectHosts.join(', ') || 'none'],
    ['Labels', partner.labels?.join(', ') || 'none'],
    ['Fresh for', `${partner.freshDays} days`],
    ['Priority', partner.priority],
  ];
  return (
    <Card title="About it">
      <Facts rows={rows} />
    </Card>
  );
}

function Rates({ rate: { windows, reason } }: { rate: MatchRate }) {
  const [days, setDays] = useState(windows[0]!.days);
  const window = windows.find((one) => one.days === days) ?? windows[0]!;
  if (reason !== undefined)
    return (
      <Empty title="The partner keeps the matches itself, by its sync URLs: there is no rate to be counted here." />
    );
  const rows: [string, MatchCounts][] = [
    ['All', window],
    ...window.browsers.map((one): [string, MatchCounts] => [one.browser, one]),
    ...window.countries.map((one): [string, MatchCounts] => [`Country ${one.country || 'unknown'}`, one]),
  ];
  return (
    <>
      <label class="inline">
        Seen within{' '}
        <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
          {windows.map((one) => (
            <option key={one.days} value={one.days}>
              {one.days === 1 ? 'a day' : `${one.days} days`}
            </option>
          ))}
        </select>
      </label>
      <Table
        label="Match rate by browser and country"
        head={[
          'Whom',
          { text: 'Match rate', number: true },
          { text: 'Matched', number: true },
          { text: 'Visitors', number: true },
          { text: 'Consented', number: true },
          { text: 'Of the consented', number: true },
          { text: 'Fresh', number: true },
        ]}
      >
        {rows.map(([name, counts]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="number">
              <Rate of={counts.matchRate} />
            </td>
            <td class="number">
              <Count n={counts.matched} />
            </td>
            <td class="number">{count(counts.visitors)}</td>
            <td class="number">{count(counts.consented)}</td>
            <td class="number">
              <Rate of={counts.consentedMatchRate} />
            </td>
            <td class="number">
              <Rate of={counts.freshRate} />
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}

function Outcomes({ lastDay }: { lastDay: ShownWhy['lastDay'] }) {
  if (lastDay.length === 0) return <Empty title="No sync with it in the last 24 hours." />;
  return (
    <Table label="How syncs ended" head={['Outcome', { text: 'Syncs', number: true }]}>
      {lastDay.map(({ outcome, detail, n }) => (
        <tr key={outcome}>
          <th scope="row">
            <code>{outcome}</code>
            <span class="why">{detail}</span>
          </th>
          <td class="number">{count(n)}</td>
        </tr>
      ))}
    </Table>
  );
}
