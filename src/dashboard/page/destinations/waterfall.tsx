import { useMemo, useState } from 'preact/hooks';
import type { StageCount, Waterfall } from '../../../delivery/waterfall.ts';
import { useAll } from '../api/use-all.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { axes, Chart, legendAbove, type Palette } from '../ui/chart.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Count, Empty, Read, Table } from '../ui/parts.tsx';
import { STAGES, wordsOf } from './stages.ts';
import { Trend } from './trend.tsx';

/** How many members come through to a destination, and where and why the others are lost. */
export function WaterfallCard({ id }: { id: string }) {
  const falls = useAnswer<{ items: Waterfall[] }>(`/v1/destinations/${id}/waterfall`);
  return (
    <Card
      title="From members to accepted"
      aside={<CsvLink path={`/v1/reports/deliveries?destinations=${id}`} name={`waterfall-of-${id}`} />}
    >
      <Read of={falls}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing has been planned for it yet.">
              <p>A dry run shows what it would be told; deliver now tells it.</p>
            </Empty>
          ) : (
            <Falls items={items} />
          )
        }
      </Read>
    </Card>
  );
}

function Falls({ items }: { items: readonly Waterfall[] }) {
  const [chosen, setChosen] = useState(items[0]!.segment);
  const segments = useAll<{ id: string; name: string }>('/v1/segments');
  const names = new Map(segments.value?.map(({ id, name }) => [id, name]));
  const fall = items.find(({ segment }) => segment === chosen) ?? items[0]!;
  const [before] = fall.days;
  return (
    <>
      <label class="inline">
        Segment{' '}
        <select value={fall.segment} onChange={(event) => setChosen(event.currentTarget.value)}>
          {items.map(({ segment }) => (
            <option key={segment} value={segment}>
              {names.get(segment) ?? segment}
            </option>
          ))}
        </select>
        <span class="muted small">as of {fall.day}</span>
      </label>
      <Pictures fall={fall} />
      <Table
        label="Stages with their losses"
        head={[
          'Stage',
          { text: 'Came', number: true },
          'Lost before it',
          ...(before === undefined ? [] : [{ text: `Since ${before.day}`, number: true as const }]),
        ]}
      >
        {fall.stages.map(({ stage, n, losses }) => (
          <tr key={stage}>
            <th scope="row">{STAGES[stage]}</th>
            <td class="number">
              <Count n={n} />
            </td>
            <td>
              {losses.map(({ reason, n: lost }) => (
                <div key={reason}>
                  {count(lost)} {wordsOf(reason)} <code class="muted">{reason}</code>
                </div>
              ))}
            </td>
            {before !== undefined && (
              <td class="number">
                <Change by={fall.trend[stage]} />
              </td>
            )}
          </tr>
        ))}
      </Table>
      <p class="muted small">
        Up to Allowed visitors are counted; from Sent on ids, of which a visitor may have several and share
        one.
      </p>
      <Trend fall={fall} />
    </>
  );
}

const signed = new Intl.NumberFormat('en', { signDisplay: 'exceptZero' });

const Change = ({ by }: { by: number | null }) =>
  by === null ? <Count n={by} /> : <span>{signed.format(by)}</span>;

/** From here on ids are counted, and no visitors: of these somebody may have several. */
const FIRST_OF_IDS = 'sent';

/** Each stage as a bar: who came, and beside them who was lost on the way to it, by reason. Each unit has its own axis. */
function Pictures({ fall }: { fall: Waterfall }) {
  const at = fall.stages.findIndex(({ stage }) => stage === FIRST_OF_IDS);
  const [visitors, ids] = [fall.stages.slice(0, at), fall.stages.slice(at)];
  return (
    <div class="falls">
      <Picture of={fall.segment} unit="Visitors" stages={visitors} />
      <Picture of={fall.segment} unit="Ids" stages={ids} />
    </div>
  );
}

function Picture({ of, unit, stages }: { of: string; unit: string; stages: readonly StageCount[] }) {
  const option = useMemo(() => (palette: Palette) => optionOf(palette, stages), [stages]);
  const told = stages.map(({ stage, n }) => `${STAGES[stage]} ${n === null ? 'not known yet' : count(n)}`);
  return (
    <figure>
      <figcaption class="label">{unit}</figcaption>
      <Chart
        isRich
        option={option}
        height={280}
        numbers="beside"
        label={`${unit} of ${of}: ${told.join(', ')}. The table below has each loss.`}
      />
    </figure>
  );
}

function optionOf(palette: Palette, stages: readonly StageCount[]) {
  const base = axes(palette, { names: stages.map(({ stage }) => STAGES[stage]) });
  const above = legendAbove(palette);
  const reasons = [...new Set(stages.flatMap(({ losses }) => losses.map(({ reason }) => reason)))];
  return {
    ...base,
    ...above,
    legend: { ...above.legend, itemWidth: 14 },
    series: [
      {
        type: 'bar' as const,
        name: 'came',
        stack: 'all',
        barCategoryGap: '25%',
        itemStyle: { color: palette.series[0]! },
        // What is not known yet is no bar, and no 0.
        data: stages.map(({ n }) => n ?? '-'),
        label: { show: true, position: 'inside' as const, color: palette.card, formatter: shownCount },
      },
      ...reasons.map((reason, at) => ({
        type: 'bar' as const,
        name: wordsOf(reason),
        stack: 'all',
        itemStyle: { color: palette.series[1 + (at % (palette.series.length - 1))]!, opacity: 0.75 },
        data: stages.map(({ losses }) => losses.find((loss) => loss.reason === reason)?.n ?? 0),
      })),
    ],
  };
}

const shownCount = ({ value }: { value?: unknown }) =>
  typeof value !== 'number' || value === 0 ? '' : count(value);
