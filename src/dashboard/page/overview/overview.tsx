import { useMemo } from 'preact/hooks';
import type { ShownAlerts } from '../../../api/alerts.ts';
import type { DeliveryHealth } from '../../../report/deliveries.ts';
import type { OtherRefusals, RefusalCount } from '../../../report/overview.ts';
import type { SiteLines, Summary } from '../../summary.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Standing } from '../destinations/standing.tsx';
import { bytes, count, counted, duration, outcome, timeOfDay } from '../format.ts';
import { StandingCells } from '../segments/standing-cells.tsx';
import { Copyable } from '../ui/actions.tsx';
import { axes, Chart } from '../ui/chart.tsx';
import { Badge, Card, Empty, Moment, PageHead, Read, Table } from '../ui/parts.tsx';
import { Attention } from './attention.tsx';

/** So often that a newcomer sees the own hit come in. */
const LIVE_MS = 2_000;
const SLOW_MS = 30_000;

export interface SegmentsReport {
  readonly segments: readonly {
    readonly segment: string;
    readonly points: readonly { readonly size: number }[];
  }[];
}

/** What happens now, and what needs somebody. */
export function Overview() {
  const summary = useAnswer<Summary>('/v1/overview', LIVE_MS);
  const deliveries = useAnswer<{ items: DeliveryHealth[] }>('/v1/deliveries', SLOW_MS);
  const alerts = useAnswer<ShownAlerts>('/v1/alerts', SLOW_MS);
  // In one order, so that it is the same question while the same ones are shown.
  const ids = summary.value?.segments.map(({ id }) => id).sort() ?? [];
  const sizes = useAnswer<SegmentsReport>(
    ids.length === 0 ? undefined : `/v1/reports/segments?segments=${ids.join()}`,
    SLOW_MS,
  );
  return (
    <>
      <PageHead title="Overview">
        <span class="muted small" role="status">
          {summary.problem === undefined ? 'Live' : 'The server does not answer; trying again'}
        </span>
      </PageHead>
      <Read of={summary}>
        {(now) => (
          <>
            {now.hits === 0 && <Start />}
            {/* Said when something comes; the numbers beside it change every other second and say nothing by themselves. */}
            <div class="unboxed" aria-live="polite" aria-relevant="additions">
              <Attention
                alerts={alerts.value?.items}
                summary={now}
                deliveries={deliveries.value?.items ?? []}
              />
            </div>
            <Tiles summary={now} />
            <Minutes summary={now} />
            <Segments summary={now} sizes={sizes.value} />
            <div class="columns">
              <Refusals refusals={now.refusals} others={now.otherRefusals} />
              <Deliveries items={deliveries.value?.items ?? []} now={now.asOf} />
            </div>
            <Runs summary={now} />
          </>
        )}
      </Read>
    </>
  );
}

function Start() {
  const site = useAnswer<SiteLines>('/v1/overview/sites?limit=1').value?.items[0];
  const mayEdit = useMay('edit');
  return (
    <Card title="No hits yet: three steps">
      <ol>
        {site !== undefined && (
          <li>
            <p>
              Paste the tag into the pages of <b>{site.name}</b>:
            </p>
            <Copyable text={site.tag} label="the tag" />
          </li>
        )}
        <li>
          Open such a page. The hit shows here a moment later; if it does not,{' '}
          <a href={site === undefined ? '/console/sites' : `/console/sites/${site.id}`}>the install check</a>{' '}
          says why.
        </li>
        <li>
          {mayEdit ? (
            <a href="/console/segments/-new">Make a segment</a>
          ) : (
            'Somebody who may edit makes a segment'
          )}{' '}
          of the people who came.
        </li>
      </ol>
    </Card>
  );
}

function Tiles({ summary }: { summary: Summary }) {
  const tiles: [string, string][] = [
    ['Hits, last full minute', count(summary.hitsByMinute.at(-2)?.hits ?? 0)],
    [`Visitors, ${summary.retentionDays} days`, count(summary.visitors)],
    ['Hits kept', count(summary.hits)],
    [
      summary.disk === null ? 'Disk free' : `Disk free, of ${bytes(summary.disk.total)}`,
      summary.disk === null ? '–' : bytes(summary.disk.free),
    ],
    ['Journal waiting', summary.journalBytes === null ? '–' : bytes(summary.journalBytes)],
  ];
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Minutes({ summary: { hitsByMinute } }: { summary: Summary }) {
  const key = hitsByMinute.map(({ minute, hits }) => `${minute} ${hits}`).join();
  const option = useMemo(
    () => (palette: Parameters<typeof axes>[0]) => ({
      ...axes(palette, { names: hitsByMinute.map(({ minute }) => timeOfDay(minute)) }),
      series: [
        {
          type: 'bar' as const,
          name: 'Hits',
          data: hitsByMinute.map(({ hits }) => hits),
          barCategoryGap: '15%',
          itemStyle: { borderRadius: [2, 2, 0, 0] },
        },
      ],
    }),
    [key],
  );
  const all = hitsByMinute.reduce((sum, { hits }) => sum + hits, 0);
  const most = Math.max(0, ...hitsByMinute.map(({ hits }) => hits));
  const label =
    all === 0
      ? 'No hits in the last 60 minutes.'
      : `${count(all)} hits in the last 60 minutes, at most ${count(most)} a minute.`;
  return (
    <Card title="Hits a minute" aside={<span class="muted small">{label}</span>}>
      <Chart
        option={option}
        label={`Hits a minute: ${label}`}
        height={170}
        numbers={{
          head: ['Minute', 'Hits'],
          rows: hitsByMinute.map(({ minute, hits }) => [timeOfDay(minute), hits]),
        }}
      />
    </Card>
  );
}

function Segments({ summary, sizes }: { summary: Summary; sizes: SegmentsReport | undefined }) {
  const mayEdit = useMay('edit');
  const points = new Map(sizes?.segments.map(({ segment, points }) => [segment, points]));
  return (
    <Card title="Segments" aside={<a href="/console/segments">{`All ${count(summary.segmentCount)}`}</a>}>
      {summary.segments.length === 0 ? (
        <Empty title="No segment yet.">
          {mayEdit && (
            <a class="button primary" href="/console/segments/-new">
              Make the first
            </a>
          )}
        </Empty>
      ) : (
        <Table
          label="Segments"
          head={['Segment', { text: 'Visitors', number: true }, 'Seven days', 'State', 'As of']}
        >
          {summary.segments.map((segment) => (
            <tr key={segment.id}>
              <th scope="row">
                <a href={`/console/segments/${segment.id}`}>{segment.name}</a>
              </th>
              <StandingCells segment={segment} sizes={points.get(segment.id)} now={summary.asOf} />
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Refusals({ refusals, others }: { refusals: readonly RefusalCount[]; others: OtherRefusals }) {
  return (
    <Card title="Refused">
      {refusals.length === 0 ? (
        <Empty title="Nothing has been refused." />
      ) : (
        <Table
          label="Refused, by reason"
          head={['Reason', { text: 'Last hour', number: true }, { text: 'In all', number: true }]}
        >
          {refusals.map(({ room, reason, sentence, n, lastHour }) => (
            <tr key={`${room} ${reason}`}>
              <th scope="row">
                <code>{reason}</code> <span class="muted small">{room}</span>
                <span class="why">{sentence}</span>
              </th>
              <td class="number">{count(lastHour)}</td>
              <td class="number">{count(n)}</td>
            </tr>
          ))}
          {others.reasons > 0 && (
            <tr>
              <th scope="row">{counted(others.reasons, 'other reason')}</th>
              <td class="number">{count(others.lastHour)}</td>
              <td class="number">{count(others.n)}</td>
            </tr>
          )}
        </Table>
      )}
    </Card>
  );
}

function Deliveries({ items, now }: { items: readonly DeliveryHealth[]; now: string }) {
  return (
    <Card title="Deliveries" aside={<a href="/console/destinations">All destinations</a>}>
      {items.length === 0 ? (
        <Empty title="No segment leaves yet.">
          <p>
            <a href="/console/destinations">Add a destination</a>, and segments are sent there under its ids.
          </p>
        </Empty>
      ) : (
        <Table
          label="Deliveries"
          head={[
            'Destination',
            'State',
            { text: 'Waiting', number: true },
            { text: 'Dead', number: true },
            'Took',
          ]}
        >
          {items.map((one) => (
            <tr key={one.destination}>
              <th scope="row">
                <a href={`/console/destinations/${one.destination}`}>{one.name}</a>
              </th>
              <td>
                <Standing of={one} />
              </td>
              <td class="number">{count(one.waiting)}</td>
              <td class="number">{count(one.dead)}</td>
              <td>
                <Moment at={one.acknowledged} now={now} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Runs({ summary: { runs, asOf } }: { summary: Summary }) {
  return (
    <Card title="Jobs" aside={<a href="/console/jobs">All runs</a>}>
      {runs.length === 0 ? (
        <Empty title="No job has run yet." />
      ) : (
        <Table label="Newest runs of jobs" head={['Job', 'State', 'Started', { text: 'Took', number: true }]}>
          {runs.map(({ run, job, state, started, ended, result, error }) => (
            <tr key={run}>
              <th scope="row">
                {job}
                <span class="why">{error === '' ? outcome(result) : error}</span>
              </th>
              <td>
                <Badge state={state} />
              </td>
              <td>
                <Moment at={started} now={asOf} />
              </td>
              <td class="number">
                {ended === null ? '' : duration(Date.parse(ended) - Date.parse(started))}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}
