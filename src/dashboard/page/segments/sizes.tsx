import { useMemo } from 'preact/hooks';
import type { SegmentsReport } from '../../../report/segment-sizes.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count, counted, daysAgo, momentOf } from '../format.ts';
import { axes, Chart } from '../ui/chart.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Count, Empty, Read, Table } from '../ui/parts.tsx';
import type { PastSize, ShownSegment } from './shown.ts';

/** As much as can be kept. */
const DAYS = 90;
/** Of a younger segment each build is a point: days would be few, and builds of many weeks are too many. */
const LEAST_DAYS = 3;
const HISTORY = 200;
const LISTED = 20;
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: 'short', timeStyle: 'short' });
const DAY = new Intl.DateTimeFormat(undefined, { month: 'numeric', day: 'numeric' });
/** The report's days are of UTC, whatever the reader's are. */
const UTC_DAY = new Intl.DateTimeFormat(undefined, { month: 'numeric', day: 'numeric', timeZone: 'UTC' });

/** How a segment's size went: day by day, and its last builds one by one. */
export function SizesCard({ segment: { id, name, asOf } }: { segment: ShownSegment }) {
  const path = `/v1/reports/segments?segments=${id}&step=day&from=${daysAgo(DAYS - 1)}`;
  // The newest build is part of both questions, so that it is seen at once.
  const history = useAnswer<{ items: PastSize[] }>(
    `/v1/segments/${id}/history?limit=${HISTORY}&of=${asOf ?? ''}`,
  );
  const report = useAnswer<SegmentsReport>(`${path}&of=${asOf ?? ''}`);
  return (
    <Card title="Size" aside={<CsvLink path={path} name={`sizes-of-${id}`} />}>
      <Read of={history}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Not built yet.">
              <p>The first build is on its way; it is seldom longer than some seconds.</p>
            </Empty>
          ) : (
            <>
              <Read of={report}>
                {({ segments: [days] }) => <Trend days={days?.points ?? []} builds={items} name={name} />}
              </Read>
              <Builds items={items} />
            </>
          )
        }
      </Read>
    </Card>
  );
}

function Trend({
  days,
  builds,
  name,
}: {
  days: SegmentsReport['segments'][number]['points'];
  builds: readonly PastSize[];
  name: string;
}) {
  const byDay = days.length >= LEAST_DAYS;
  const points = useMemo(
    () =>
      byDay
        ? days.map(({ time, size }) => ({
            name: time.slice(0, 10),
            short: UTC_DAY.format(new Date(time)),
            size,
          }))
        : builds.map(({ asOf, size }) => ({
            name: MOMENT.format(new Date(asOf)),
            short: DAY.format(new Date(asOf)),
            size,
          })),
    [byDay, days, builds],
  );
  const option = useMemo(
    () => (palette: Parameters<typeof axes>[0]) => ({
      ...axes(palette, {
        names: points.map((point) => point.name),
        short: points.map(({ short }) => short),
      }),
      series: [
        {
          type: 'line' as const,
          name: 'Visitors',
          data: points.map(({ size }) => size),
          showSymbol: points.length < 30,
          areaStyle: { opacity: 0.12 },
        },
      ],
    }),
    [points],
  );
  return (
    <Chart
      isRich
      option={option}
      label={`Size of ${name} over ${counted(points.length, byDay ? 'day' : 'build')}, now ${count(builds.at(-1)?.size ?? 0)} visitors.`}
      numbers={
        byDay
          ? { head: ['Day (UTC)', 'Visitors'], rows: points.map((point) => [point.name, point.size]) }
          : 'beside'
      }
    />
  );
}

function Builds({ items }: { items: readonly PastSize[] }) {
  return (
    <details>
      <summary>The last builds as a table</summary>
      <Table
        isGrid
        label="Builds"
        head={[
          'As of',
          { text: 'Visitors', number: true },
          { text: 'Added', number: true },
          { text: 'Removed', number: true },
          { text: 'Version', number: true },
        ]}
      >
        {items
          .toReversed()
          .slice(0, LISTED)
          .map(({ asOf, size, added, removed, version }) => (
            <tr key={asOf}>
              <th scope="row">{momentOf(asOf)}</th>
              <td class="number">{count(size)}</td>
              <td class="number">
                <Count n={added} />
              </td>
              <td class="number">
                <Count n={removed} />
              </td>
              <td class="number">{version}</td>
            </tr>
          ))}
      </Table>
    </details>
  );
}
