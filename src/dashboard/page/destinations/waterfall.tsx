import { useMemo, useState } from 'preact/hooks';
import type { StageCount, Waterfall } from '../../../delivery/waterfall.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { axes, Chart, type Palette } from '../ui/chart.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Count, Empty, Read, Table } from '../ui/parts.tsx';

const STAGES: Readonly<Record<string, string>> = {
  members: 'Members',
  consented: 'Consented',
  id_known: 'Id known',
  id_fresh: 'Id fresh',
  allowed: 'Allowed',
  sent: 'Sent',
  accepted: 'Accepted',
};
const LOSSES: Readonly<Record<string, string>> = {
  withdrawn: 'consent withdrawn',
  not_consented: 'no consent to hand out',
  vendor_not_consented: 'no consent to this partner',
  no_id: 'no id known',
  id_set_aside: 'id set aside as not believed',
  id_not_fresh: 'id not confirmed lately',
  label_not_allowed: 'labelled, and not allowed here',
  code_not_taken: 'code that the destination cannot take',
  region_forbids: 'outside the regions',
  below_floor: 'segment below the privacy floor',
};
const wordsOf = (reason: string) => LOSSES[reason] ?? reason.replaceAll('_', ' ');

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
  const fall = items.find(({ segment }) => segment === chosen) ?? items[0]!;
  return (
    <>
      <label class="inline">
        Segment{' '}
        <select value={fall.segment} onChange={(event) => setChosen(event.currentTarget.value)}>
          {items.map(({ segment }) => (
            <option key={segment} value={segment}>
              {segment}
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
          { text: 'Since the first day', number: true },
          'Lost before it',
        ]}
      >
        {fall.stages.map(({ stage, n, losses }) => (
          <tr key={stage}>
            <th scope="row">{STAGES[stage]}</th>
            <td class="number">
              <Count n={n} />
            </td>
            <td class="number">
              <Count n={fall.trend[stage]} />
            </td>
            <td>
              {losses.map(({ reason, n: lost }) => (
                <div key={reason}>
                  {count(lost)} {wordsOf(reason)} <code class="muted">{reason}</code>
                </div>
              ))}
            </td>
          </tr>
        ))}
      </Table>
      <p class="muted small">
        Up to Allowed visitors are counted; from Sent on ids, of which a visitor may have several and share
        one.
      </p>
    </>
  );
}

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
  const base = axes(palette, { names: stages.map(({ stage }) => STAGES[stage] ?? stage) });
  const reasons = [...new Set(stages.flatMap(({ losses }) => losses.map(({ reason }) => reason)))];
  return {
    ...base,
    grid: { left: 8, right: 12, top: 36, bottom: 4, outerBoundsMode: 'same' as const },
    legend: { top: 0, left: 0, textStyle: { color: palette.text }, itemWidth: 14 },
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
