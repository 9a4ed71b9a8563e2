import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { GridComponentOption, LegendComponentOption, TooltipComponentOption } from 'echarts/components';
import type { ComposeOption } from 'echarts/core';
import { useEffect, useRef, useState } from 'preact/hooks';
import { count } from '../format.ts';
import { Table } from './parts.tsx';

export type ChartOption = ComposeOption<
  BarSeriesOption | GridComponentOption | LegendComponentOption | LineSeriesOption | TooltipComponentOption
>;

/** The console's colours, as they are at this moment: light or dark. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly card: string;
  readonly series: readonly string[];
  readonly good: string;
  readonly bad: string;
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  // A canvas does not know light-dark(): a probe is asked what comes of it.
  const probe = document.createElement('span');
  document.body.append(probe);
  const colour = (name: string) => {
    probe.style.color = style.getPropertyValue(name);
    return getComputedStyle(probe).color;
  };
  const palette = {
    text: colour('--text'),
    muted: colour('--muted'),
    line: colour('--line'),
    card: colour('--card'),
    series: ['--series-1', '--series-2', '--series-3', '--series-4', '--series-5', '--series-6'].map(colour),
    good: colour('--good'),
    bad: colour('--bad'),
  };
  probe.remove();
  return palette;
}

/** The numbers of a chart as a table: the first of each row says of what the others are. */
export interface ChartNumbers {
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/**
 * A chart, drawn when its library has come; the page need not wait for it.
 *
 * @param label what a person who does not see it is told: the subject and the most telling numbers.
 * @param numbers all of them, for a table below it; `beside` where a table of the page has them already.
 * @param isRich it has lines or a legend, which are a piece of the library of their own.
 */
export function Chart({
  option,
  label,
  numbers,
  height = 220,
  isRich = false,
}: {
  option: (palette: Palette) => ChartOption;
  label: string;
  numbers: ChartNumbers | 'beside';
  height?: number;
  isRich?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof import('./echarts.ts').init> | undefined>(undefined);
  const [scheme, setScheme] = useState(0);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const again = () => setScheme((n) => n + 1);
    dark.addEventListener('change', again);
    let gone = false;
    let observer: ResizeObserver | undefined;
    void Promise.all([import('./echarts.ts'), isRich ? import('./echarts-rich.ts') : undefined]).then(
      ([{ init }]) => {
        if (gone || box.current === null) return;
        chart.current = init(box.current, null, { renderer: 'canvas' });
        observer = new ResizeObserver(() => chart.current?.resize());
        observer.observe(box.current);
        again();
      },
    );
    return () => {
      gone = true;
      observer?.disconnect();
      dark.removeEventListener('change', again);
      chart.current?.dispose();
      chart.current = undefined;
    };
  }, []);
  useEffect(() => {
    const palette = readPalette();
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    chart.current?.setOption(
      {
        color: [...palette.series],
        animation: !still,
        animationDuration: 300,
        textStyle: { color: palette.text, fontFamily: 'inherit' },
        ...option(palette),
      },
      { notMerge: true },
    );
  }, [option, scheme]);
  return (
    <div>
      <figure class="chart" role="img" aria-label={label}>
        <div ref={box} style={{ height: `${height}px` }} />
      </figure>
      {numbers !== 'beside' && <AsTable numbers={numbers} label={label} />}
    </div>
  );
}

function AsTable({ numbers: { head, rows }, label }: { numbers: ChartNumbers; label: string }) {
  const [first = '', ...others] = head;
  return (
    <details>
      <summary>As a table</summary>
      <Table isGrid label={label} head={[first, ...others.map((text) => ({ text, number: true as const }))]}>
        {rows.map(([of, ...values], at) => (
          <tr key={at}>
            <th scope="row">{of}</th>
            {values.map((value, column) => (
              <td class="number" key={column}>
                {typeof value === 'number' ? count(value, 3) : (value ?? '–')}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </details>
  );
}

/**
 * Axes, grid and tooltip as all charts have them. The tooltip is drawn too: what is made of HTML has inline styles.
 *
 * @param short names for the axis, where the whole ones are too long for its ends.
 */
export function axes(
  palette: Palette,
  {
    names,
    short,
    max,
  }: { readonly names: readonly string[]; readonly short?: readonly string[]; readonly max?: number },
): ChartOption {
  const axisLabel = { color: palette.muted, hideOverlap: true };
  return {
    grid: { left: 8, right: 12, top: 16, bottom: 4, outerBoundsMode: 'same' },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      backgroundColor: palette.card,
      borderColor: palette.line,
      textStyle: { color: palette.text },
    },
    xAxis: {
      type: 'category',
      data: [...names],
      axisLabel:
        short === undefined ? axisLabel : { ...axisLabel, formatter: (_, place) => short[place] ?? '' },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: palette.line } },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      ...(max === undefined ? {} : { max }),
      axisLabel,
      splitLine: { lineStyle: { color: palette.line } },
    },
  };
}

/** A legend, and a grid that leaves it room above the chart. */
export const legendAbove = (palette: Palette) => ({
  legend: { top: 0, left: 0, textStyle: { color: palette.text } },
  grid: { left: 8, right: 12, top: 36, bottom: 4, outerBoundsMode: 'same' as const },
});

/** A plane of two shares, from 0 to 1 each. */
export function plane(palette: Palette, [x, y]: readonly [x: string, y: string]): ChartOption {
  const { tooltip } = axes(palette, { names: [] });
  const axis = (name: string) => ({
    type: 'value' as const,
    min: 0,
    max: 1,
    name,
    nameLocation: 'middle' as const,
    nameTextStyle: { color: palette.muted },
    axisLabel: { color: palette.muted },
    splitLine: { lineStyle: { color: palette.line } },
  });
  return {
    grid: { left: 8, right: 16, top: 12, bottom: 8, outerBoundsMode: 'same' },
    ...(tooltip === undefined ? {} : { tooltip }),
    xAxis: axis(x),
    yAxis: axis(y),
  };
}
