import { useMemo } from 'preact/hooks';
import type { ClassReport } from '../../../audience/models/model.ts';
import { count } from '../format.ts';
import { Chart, type ChartOption, type Palette, plane } from '../ui/chart.tsx';
import { Card } from '../ui/parts.tsx';
import { type AtThreshold, thresholdText } from './curves.ts';

type Points = readonly (readonly [x: number, y: number])[];

/** The curve, and the diagonal: what chance alone, or a perfect calibration, would be. */
function optionOf(
  palette: Palette,
  axisNames: readonly [x: string, y: string],
  points: Points,
  showSymbol: boolean,
): ChartOption {
  return {
    ...plane(palette, axisNames),
    color: [palette.muted, palette.series[0]!],
    series: [
      {
        type: 'line',
        name: 'diagonal',
        data: [
          [0, 0],
          [1, 1],
        ],
        showSymbol: false,
        silent: true,
        lineStyle: { color: palette.muted, type: 'dashed', width: 1 },
      },
      { type: 'line', name: axisNames[1], data: points.map(([x, y]) => [x, y]), showSymbol, symbolSize: 7 },
    ],
  };
}

/**
 * Receiver operating characteristic, one class against the rest, of all held-out labels.
 *
 * @param all the points of the class's curve, as `thresholdsOf` has them.
 */
export function Roc({ of, all }: { of: ClassReport; all: readonly AtThreshold[] }) {
  const option = useMemo(() => {
    const points = all.flatMap(
      ({ falsePositives, truePositives }): Points =>
        falsePositives === null || truePositives === null ? [] : [[falsePositives, truePositives]],
    );
    return (palette: Palette) => optionOf(palette, ['false positives', 'true positives'], points, false);
  }, [all]);
  const auc = of.auc === null ? 'not known' : of.auc.toFixed(3);
  return (
    <Card title="ROC" aside={<span class="muted small">AUC {auc}, of all held-out labels</span>}>
      <Chart
        isRich
        option={option}
        height={300}
        label={`ROC of ${of.value} against the rest: area under it ${auc}.`}
        numbers={{
          head: ['Threshold', 'False positives', 'True positives'],
          rows: all.map(({ threshold, falsePositives, truePositives }) => [
            thresholdText(threshold),
            falsePositives,
            truePositives,
          ]),
        }}
      />
    </Card>
  );
}

/** What was predicted against what was so. */
export function Calibration({ of }: { of: ClassReport }) {
  const option = useMemo(
    () => (palette: Palette) =>
      optionOf(
        palette,
        ['predicted', 'observed'],
        of.calibration.map(({ predicted, observed }) => [predicted, observed] as const),
        true,
      ),
    [of],
  );
  return (
    <Card title="Calibration" aside={<span class="muted small">{count(of.heldOut)} of it held out</span>}>
      <Chart
        isRich
        option={option}
        height={300}
        label={`Calibration of ${of.value}: mean distance ${of.calibrationError?.toFixed(3) ?? 'not known'}.`}
        numbers={{
          head: ['Probability', 'Visitors', 'Predicted', 'Observed'],
          rows: of.calibration.map(({ from, to, count: n, predicted, observed }) => [
            `${from.toFixed(1)} to ${to.toFixed(1)}`,
            n,
            predicted,
            observed,
          ]),
        }}
      />
    </Card>
  );
}
