import { useMemo, useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso/router';
import type { TrafficReport } from '../../../report/traffic.ts';
import { call } from '../api/call.ts';
import { useMay, usePublicUrl } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count, counted, daysAgo } from '../format.ts';
import { ConfirmButton, Copyable } from '../ui/actions.tsx';
import { axes, Chart, legendAbove, type Palette } from '../ui/chart.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { EditButton } from '../ui/editing.tsx';
import { Card, PageHead, Read } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { InstallCheckCard } from './install-check.tsx';
import type { ShownSite } from './shown.ts';
import { SignalsCard } from './signals.tsx';
import { SiteForm } from './site-form.tsx';
import { TAG_FORMS } from './tag-forms.ts';
import { UnusedSignalsCard } from './unused-signals.tsx';

/** One site: its tag, whether it works, what it brings. */
export function SitePage() {
  const { id } = useRoute().params as { id: string };
  const site = useAnswer<ShownSite>(`/v1/sites/${id}`);
  const mayEdit = useMay('edit');
  return (
    <>
      <p class="crumb">
        <a href="/console/sites">Sites</a>
      </p>
      <Read of={site} title="Site">
        {(shown) => (
          <>
            <PageHead title={shown.name}>
              {mayEdit && <Changing site={shown} changed={site.reload} />}
            </PageHead>
            <p class="muted">
              <code>{id}</code>,{' '}
              {shown.domains.length === 0
                ? 'on pages of any domain'
                : `on pages of ${shown.domains.join(', ')}`}
            </p>
            <div class="columns">
              <TagCard site={shown} />
              <InstallCheckCard id={id} />
            </div>
            <TrafficCard site={shown} />
            <SignalsCard site={shown} />
            <UnusedSignalsCard site={shown} />
          </>
        )}
      </Read>
    </>
  );
}

function Changing({ site, changed }: { site: ShownSite; changed: () => Promise<void> }) {
  const { route } = useLocation();
  return (
    <>
      <EditButton name={site.name} changed={changed}>
        {(done) => <SiteForm site={site} done={done} />}
      </EditButton>
      <ConfirmButton
        verb="End the site"
        ask={`Hits with the tag of ${site.name} are refused from now on. What it has brought stays until its ninety days are over, and rules that name it go on to count that.`}
        act={async () => {
          await call('DELETE', `/v1/sites/${site.id}`, undefined, undefined, site.version);
          tell(`${site.name} has ended.`);
          route('/console/sites');
        }}
      >
        End the site
      </ConfirmButton>
    </>
  );
}

function TagCard({ site }: { site: ShownSite }) {
  const [chosen, setChosen] = useState(0);
  const publicUrl = usePublicUrl();
  const form = TAG_FORMS[chosen]!;
  return (
    <Card title="The tag">
      <fieldset class="tabs">
        <legend class="unseen">Form of the tag</legend>
        {TAG_FORMS.map(({ name }, at) => (
          <button type="button" key={name} aria-pressed={at === chosen} onClick={() => setChosen(at)}>
            {name}
          </button>
        ))}
      </fieldset>
      <p class="muted small">{form.about}</p>
      <Copyable text={form.text(publicUrl, site.key)} label={`the tag: ${form.name}`} />
    </Card>
  );
}

function TrafficCard({ site }: { site: ShownSite }) {
  const path = `/v1/reports/traffic?site=${site.id}&step=day&from=${daysAgo(30)}`;
  const traffic = useAnswer<TrafficReport>(path);
  return (
    <Card title="Thirty days" aside={<CsvLink path={path} name={`traffic-of-${site.id}`} />}>
      <Read of={traffic}>{(report) => <Days report={report} name={site.name} />}</Read>
    </Card>
  );
}

function Days({ report, name }: { report: TrafficReport; name: string }) {
  const option = useMemo(
    () => (palette: Palette) => ({
      ...axes(palette, { names: report.points.map(({ time }) => time.slice(5, 10)) }),
      ...legendAbove(palette),
      series: (['hits', 'visitors'] as const).map((what) => ({
        type: 'line' as const,
        name: what,
        showSymbol: false,
        data: report.points.map((point) => point[what]),
      })),
    }),
    [report],
  );
  const { hits, visitors, refused } = report.total;
  return (
    <>
      <p>
        {counted(hits, 'hit')} of {counted(visitors, 'visitor')}
        {refused !== null && `, ${count(refused)} refused`}.
      </p>
      <Chart
        isRich
        option={option}
        label={`Hits and visitors of ${name} by day: ${count(hits)} hits in all.`}
        numbers={{
          head: ['Day', 'Hits', 'Visitors', 'Refused'],
          rows: report.points.map((point) => [
            point.time.slice(0, 10),
            point.hits,
            point.visitors,
            point.refused,
          ]),
        }}
      />
    </>
  );
}
