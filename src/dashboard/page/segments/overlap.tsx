import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso/router';
import type { Overlap } from '../../../report/overlap.ts';
import { useAll } from '../api/use-all.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Empty, PageHead, Read } from '../ui/parts.tsx';
import { Scroll } from '../ui/scroll.tsx';
import type { ShownSegment } from './shown.ts';

/** As many as one question may have. */
const MOST = 20;
const FIRST = 6;
/** So much colour and no more, that the number on it can be read. */
const MOST_COLOUR = 45;
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });

/** Whom segments have in common, two by two, as a heat map with exact counts. */
export function OverlapPage() {
  const { query } = useRoute() as { query: Record<string, string> };
  const segments = useAll<ShownSegment>('/v1/segments');
  const asked = query['segments']?.split(',');
  return (
    <>
      <p class="crumb">
        <a href="/console/segments">Segments</a>
      </p>
      <PageHead title="Overlap" />
      <Read of={segments}>
        {(all) => {
          const built = all.filter(({ size }) => size !== null);
          return built.length < 2 ? (
            <Card title="Not yet">
              <Empty title="Two built segments are needed to have somebody in common.">
                <p>
                  <a href="/console/segments/-new">Make a segment</a>
                </p>
              </Empty>
            </Card>
          ) : (
            <Chosen built={built} first={asked} />
          );
        }}
      </Read>
    </>
  );
}

function Chosen({ built, first }: { built: readonly ShownSegment[]; first: readonly string[] | undefined }) {
  const [ids, setIds] = useState<readonly string[]>(() => {
    const known = first?.filter((id) => built.some((one) => one.id === id)) ?? [];
    const largest = built.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0)).slice(0, FIRST);
    return known.length > 0 ? known.slice(0, MOST) : largest.map(({ id }) => id);
  });
  const [search, setSearch] = useState('');
  const wanted = search.trim().toLowerCase();
  const overlap = useAnswer<Overlap>(ids.length < 2 ? undefined : `/v1/overlap?segments=${ids.join()}`);
  const names = new Map(built.map(({ id, name }) => [id, name]));
  return (
    <>
      <Card title="Segments" aside={<span class="muted small">{`${ids.length} of at most ${MOST}`}</span>}>
        {built.length > MOST && (
          <label class="field filters">
            <span class="label">Search</span>
            <input
              type="search"
              value={search}
              placeholder="Name"
              onInput={(event) => setSearch(event.currentTarget.value)}
            />
          </label>
        )}
        <fieldset class="choices chosen">
          <legend class="unseen">Segments to compare</legend>
          {built
            .filter(({ id, name }) => ids.includes(id) || name.toLowerCase().includes(wanted))
            .map(({ id, name }) => (
              <label key={id}>
                <input
                  type="checkbox"
                  checked={ids.includes(id)}
                  disabled={!ids.includes(id) && ids.length >= MOST}
                  onChange={(event) =>
                    setIds(event.currentTarget.checked ? [...ids, id] : ids.filter((one) => one !== id))
                  }
                />{' '}
                {name}
              </label>
            ))}
        </fieldset>
      </Card>
      <Card
        title="In common"
        aside={
          ids.length > 1 && <CsvLink path={`/v1/reports/overlap?segments=${ids.join()}`} name="overlap" />
        }
      >
        {ids.length < 2 ? (
          <Empty title="Choose two or more." />
        ) : (
          <Read of={overlap}>{(found) => <Heat overlap={found} names={names} />}</Read>
        )}
      </Card>
    </>
  );
}

function Heat({
  overlap: { segments, pairs },
  names,
}: {
  overlap: Overlap;
  names: ReadonlyMap<string, string>;
}) {
  const common = new Map(
    pairs.flatMap(({ a, b, size }) => [[`${a} ${b}`, size] as const, [`${b} ${a}`, size] as const]),
  );
  return (
    <>
      <p class="muted small">
        Each number is counted exactly; the share, and the colour, are of the segment at the row’s beginning.
      </p>
      <Scroll label="Overlap of segments">
        <table class="heat">
          <thead>
            <tr>
              <th scope="col">Segment</th>
              {segments.map(({ id }) => (
                <th scope="col" class="number" key={id}>
                  {names.get(id) ?? id}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {segments.map((row) => (
              <tr key={row.id}>
                <th scope="row">{names.get(row.id) ?? row.id}</th>
                {segments.map(({ id }) => (
                  <Cell key={id} n={id === row.id ? row.size : common.get(`${row.id} ${id}`)} of={row.size} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function Cell({ n, of }: { n: number | null | undefined; of: number | null }) {
  const size = n ?? 0;
  const share = of === null || of === 0 ? 0 : size / of;
  return (
    <td
      class="number"
      style={{
        background: `color-mix(in srgb, var(--series-1) ${Math.round(share * MOST_COLOUR)}%, transparent)`,
      }}
    >
      {count(size)} <span class="small">{percent.format(share)}</span>
    </td>
  );
}
