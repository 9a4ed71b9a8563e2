import { useMemo } from 'preact/hooks';
import type { Stage } from '../../../delivery/plan/stages.ts';
import type { Waterfall } from '../../../delivery/waterfall.ts';
import { axes, Chart, legendAbove, type Palette } from '../ui/chart.tsx';
import { STAGES } from './stages.ts';

/** Where it begins, what our own gates leave, and what the other side has. */
const DRAWN: readonly Stage[] = ['members', 'allowed', 'accepted'];

/** The waterfall of each day that had a run, next to each other; nothing until there are two. */
export function Trend({ fall }: { fall: Waterfall }) {
  const days = useMemo(
    () =>
      [...fall.days, fall].map(({ day, stages }) => ({
        day,
        counts: new Map(stages.map(({ stage, n }) => [stage, n])),
      })),
    [fall],
  );
  const option = useMemo(
    () => (palette: Palette) => ({
      ...axes(palette, { names: days.map(({ day }) => day.slice(5)) }),
      ...legendAbove(palette),
      series: DRAWN.map((stage) => ({
        type: 'line' as const,
        name: STAGES[stage],
        data: days.map(({ counts }) => counts.get(stage) ?? null),
      })),
    }),
    [days],
  );
  if (days.length < 2) return null;
  const [first, last] = [days[0]!, days.at(-1)!];
  return (
    <>
      <h3>By day</h3>
      <Chart
        isRich
        option={option}
        label={`${fall.segment} by day, ${days.length} days, from ${first.day} to ${last.day}.`}
        numbers={{
          head: ['Day', ...fall.stages.map(({ stage }) => STAGES[stage])],
          rows: days.map(({ day, counts }) => [
            day,
            ...fall.stages.map(({ stage }) => counts.get(stage) ?? null),
          ]),
        }}
      />
    </>
  );
}
