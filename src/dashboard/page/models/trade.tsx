import { useMemo, useRef, useState } from 'preact/hooks';
import type { ClassReport } from '../../../audience/models/model.ts';
import { count } from '../format.ts';
import { Chart, type Palette, plane } from '../ui/chart.tsx';
import { Card, Facts, Field } from '../ui/parts.tsx';
import { type AtThreshold, thresholdText } from './curves.ts';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const shown = (share: number | null) => (share === null ? '–' : percent.format(share));

/** Where a point lies, where it lies anywhere: of nobody there is no precision. */
const placeOf = (point: AtThreshold | undefined): number[][] =>
  point?.precision == null || point.coverage === null ? [] : [[point.coverage, point.precision]];

/**
 * Coverage against precision, with the threshold one can move to see what it would bring; nothing is changed by it.
 *
 * @param all the points of the class's curve, as `thresholdsOf` has them.
 */
export function Trade({ of, all }: { of: ClassReport; all: readonly AtThreshold[] }) {
  const own = of.threshold === null ? -1 : all.findIndex(({ threshold }) => threshold === of.threshold);
  const [at, setAt] = useState(() =>
    own >= 0
      ? own
      : Math.max(
          0,
          all.findLastIndex(({ threshold }) => threshold === null || threshold >= 0.5),
        ),
  );
  const chosen = all[at] ?? all[0]!;
  const slider = useRef<HTMLInputElement>(null);
  const option = useMemo(
    () => (palette: Palette) => {
      const mark = (
        name: string,
        point: AtThreshold | undefined,
        colour: string,
        symbol: string,
        symbolSize: number,
      ) => ({
        type: 'line' as const,
        name,
        data: placeOf(point),
        symbol,
        symbolSize,
        itemStyle: { color: colour },
      });
      return {
        ...plane(palette, ['coverage', 'precision']),
        series: [
          { type: 'line' as const, name: 'precision', data: all.flatMap(placeOf), showSymbol: false },
          mark('chosen', chosen, palette.series[1]!, 'circle', 17),
          // Over the chosen one, which begins at the same place.
          mark('the model’s own', all[own], palette.text, 'diamond', 12),
        ],
      };
    },
    [all, own, chosen],
  );
  const text = thresholdText(chosen.threshold);
  return (
    <Card title="Coverage against precision">
      <div class="columns">
        <Chart
          isRich
          option={option}
          height={300}
          label={`From probability ${text} on: precision ${shown(chosen.precision)} at a coverage of ${shown(chosen.coverage)}.${own >= 0 ? ` The model’s own threshold has precision ${shown(of.precision)} at ${shown(of.coverage)}.` : ''}`}
          numbers={{
            head: ['Threshold', 'Coverage', 'Precision', 'Recall', 'Decided', 'Right'],
            rows: all.map(({ threshold, coverage, precision, recall, decided, right }, place) => [
              `${thresholdText(threshold)}${place === own ? ', the model’s own' : ''}`,
              coverage,
              precision,
              recall,
              decided,
              right,
            ]),
          }}
        />
        <div class="form">
          <Field
            label={`Threshold ${text}`}
            hint={
              of.threshold === null
                ? 'The model has no threshold for this class: it decides nobody for it.'
                : `The model decides from ${thresholdText(of.threshold)} on, the diamond in the chart.`
            }
          >
            {(ids) => (
              <input
                {...ids}
                ref={slider}
                type="range"
                min={0}
                max={all.length - 1}
                step={1}
                value={all.length - 1 - at}
                // Said once when it moves; a live region beside it would say each step again.
                aria-valuetext={`${text}: coverage ${shown(chosen.coverage)}, precision ${shown(chosen.precision)}, recall ${shown(chosen.recall)}`}
                onInput={(event) => setAt(all.length - 1 - event.currentTarget.valueAsNumber)}
              />
            )}
          </Field>
          {own >= 0 && (
            <div class="actions">
              <button
                type="button"
                disabled={at === own}
                onClick={() => {
                  setAt(own);
                  // The button is of no use now, and the slider says where it is.
                  slider.current?.focus();
                }}
              >
                Back to the model’s own
              </button>
            </div>
          )}
          <div data-testid="at-threshold">
            <Facts
              rows={[
                ['Decided for it', `${shown(chosen.coverage)} of the held out (${count(chosen.decided)})`],
                ['Precision', `${shown(chosen.precision)} of those are of it (${count(chosen.right)})`],
                ['Recall', `${shown(chosen.recall)} of all who are`],
              ]}
            />
          </div>
        </div>
      </div>
    </Card>
  );
}
