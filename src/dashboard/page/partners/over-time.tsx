import { useMemo, useState } from 'preact/hooks';
import type { MatchRatesReport, PastRate, RateSplit } from '../../../report/match-rates.ts';
import { useAnswer } from '../api/use-answer.ts';
import { daysAgo } from '../format.ts';
import { axes, Chart, type ChartNumbers, legendAbove, type Palette } from '../ui/chart.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Empty, Read } from '../ui/parts.tsx';
import { rateText } from './rate.tsx';
import { dayOf, type Line, linesBy, linesOfAll } from './rate-lines.ts';

const SPLITS: readonly (readonly [value: RateSplit | '', words: string])[] = [
  ['', 'of everybody'],
  ['browser', 'by browser'],
  ['country', 'by country'],
];
const DAYS = 30;
/** As many as there are colours that are told apart; the table has all. */
const LINES = 6;

/** The match rate of the last thirty days, of everybody or told apart. */
export function OverTime({ id, name }: { id: string; name: string }) {
  const [by, setBy] = useState<RateSplit | ''>('');
  const path = `/v1/reports/match-rates?partners=${id}&step=day&from=${daysAgo(DAYS)}${by === '' ? '' : `&by=${by}`}`;
  const report = useAnswer<MatchRatesReport>(path);
  return (
    <Card title="Match rate over time" aside={<CsvLink path={path} name={`match-rates-of-${id}`} />}>
      <label class="inline">
        Shown{' '}
        <select value={by} onChange={(event) => setBy(event.currentTarget.value as RateSplit | '')}>
          {SPLITS.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <Read of={report}>
        {({ partners }) => <Rates key={by} by={by} name={name} points={partners[0]?.points ?? []} />}
      </Read>
    </Card>
  );
}

function Rates({ by, name, points }: { by: RateSplit | ''; name: string; points: readonly PastRate[] }) {
  const { told, days, lines } = useMemo(() => {
    const told = points.filter((point) => point.by === (by || 'all'));
    const days = [...new Set(told.map(dayOf))];
    return { told, days, lines: by === '' ? linesOfAll(told, days) : linesBy(told, days) };
  }, [points, by]);
  if (days.length < 2)
    return (
      <Empty title="Not enough yet: rates are written down every six hours, and two days make a line." />
    );
  const label = `Match rate of ${name} ${SPLITS.find(([value]) => value === by)?.[1]}, ${days.length} days.`;
  return by === '' ? (
    <Picture lines={lines} days={days} label={label} numbers={numbersOfAll(told)} />
  ) : (
    <Picture
      lines={lines}
      days={days}
      label={label}
      numbers={{
        head: ['Day', ...lines.map(({ title }) => title)],
        rows: days.map((day, at) => [day, ...lines.map(({ rates }) => rateText(rates[at]))]),
      }}
    />
  );
}

const numbersOfAll = (points: readonly PastRate[]): ChartNumbers => ({
  head: ['Day', 'Visitors', 'Matched', 'Match rate', 'Of the consented'],
  rows: points.map((point) => [
    dayOf(point),
    point.visitors,
    point.matched,
    rateText(point.matchRate),
    rateText(point.consentedMatchRate),
  ]),
});

function Picture({
  lines,
  days,
  label,
  numbers,
}: {
  lines: readonly Line[];
  days: readonly string[];
  label: string;
  numbers: ChartNumbers;
}) {
  const option = useMemo(
    () => (palette: Palette) => ({
      ...axes(palette, { names: days.map((day) => day.slice(5)), max: 100 }),
      ...legendAbove(palette),
      series: lines.slice(0, LINES).map(({ title, rates }) => ({
        type: 'line' as const,
        name: `${title}, %`,
        data: rates.map((rate) => (rate === null ? null : Math.round(rate * 1000) / 10)),
      })),
    }),
    [lines, days],
  );
  return <Chart isRich option={option} label={label} numbers={numbers} />;
}
