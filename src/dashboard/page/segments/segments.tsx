import { useRef, useState } from 'preact/hooks';
import { useMay } from '../api/session.ts';
import { useAll } from '../api/use-all.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count, counted } from '../format.ts';
import type { SegmentsReport } from '../overview/overview.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { useGoOn } from '../ui/go-on.ts';
import { Empty, NoneYet, PageHead, Read, Table } from '../ui/parts.tsx';
import type { ShownSegment } from './shown.ts';
import { StandingCells } from './standing-cells.tsx';

const AGAIN_MS = 15_000;
/** As many as one report has the sizes of. */
const PAGE = 100;

/** Of two that are alike the first by name stays the first. */
const ORDERS = {
  Name: () => 0,
  'Most visitors': (a, b) => (b.size ?? -1) - (a.size ?? -1),
  'Changed last': (a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt),
} as const satisfies Readonly<Record<string, (a: ShownSegment, b: ShownSegment) => number>>;
type Order = keyof typeof ORDERS;

/** All segments: found by name, id, folder or label. */
export function Segments() {
  const segments = useAll<ShownSegment>('/v1/segments', AGAIN_MS);
  const mayEdit = useMay('edit');
  return (
    <>
      <PageHead title="Segments">
        <a class="button" href="/console/segments/-overlap">
          Overlap
        </a>
        {mayEdit && (
          <a class="button primary" href="/console/segments/-new">
            New segment
          </a>
        )}
      </PageHead>
      <Read of={segments}>
        {(items) =>
          items.length === 0 ? (
            <NoneYet title="A segment is a rule, and the visitors that meet it.">
              <p>Make one by clicking, and see its exact size while you do.</p>
              {mayEdit && (
                <a class="button primary" href="/console/segments/-new">
                  Make the first segment
                </a>
              )}
            </NoneYet>
          ) : (
            <List items={items} />
          )
        }
      </Read>
    </>
  );
}

function List({ items }: { items: readonly ShownSegment[] }) {
  const [search, setSearch] = useState('');
  const [folder, setFolder] = useState('');
  const [label, setLabel] = useState('');
  const [order, setOrder] = useState<Order>('Name');
  const [pages, setPages] = useState(1);
  const folders = foldersOf(items);
  const labels = [...new Set(items.flatMap((one) => one.labels ?? []))].sort();
  const wanted = search.trim().toLowerCase();
  const found = items
    .filter(
      (one) =>
        `${one.name} ${one.id}`.toLowerCase().includes(wanted) &&
        `${one.folder ?? ''}/`.startsWith(folder === '' ? '' : `${folder}/`) &&
        (label === '' || one.labels?.includes(label)),
    )
    .sort(ORDERS[order]);
  const shown = Array.from({ length: pages }, (_, at) => found.slice(at * PAGE, (at + 1) * PAGE));
  const left = found.length - pages * PAGE;
  return (
    <section class="card" aria-label="All segments">
      <search class="form-row filters">
        <label class="field">
          <span class="label">Search</span>
          <input
            type="search"
            value={search}
            placeholder="Name or id"
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          <span class="label">Folder</span>
          <select value={folder} onChange={(event) => setFolder(event.currentTarget.value)}>
            <option value="">All folders</option>
            {folders.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span class="label">Label</span>
          <select value={label} onChange={(event) => setLabel(event.currentTarget.value)}>
            <option value="">All labels</option>
            {labels.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span class="label">Order</span>
          <select value={order} onChange={(event) => setOrder(event.currentTarget.value as Order)}>
            {Object.keys(ORDERS).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </search>
      <div class="card-head">
        <p class="muted small" role="status">
          {counted(found.length, 'segment')}
        </p>
        {found.length > PAGE ? (
          <span class="muted small">{`CSV of up to ${PAGE}: narrow the list`}</span>
        ) : (
          found.length > 0 && <CsvLink path={sizesPath(found)} name="segments" />
        )}
      </div>
      {found.length === 0 ? (
        <Empty title="No segment is like that.">
          <p>Take a word out of the search, or choose all folders and labels.</p>
        </Empty>
      ) : (
        <Table
          label="Segments"
          head={[
            'Segment',
            'Folder and labels',
            { text: 'Visitors', number: true },
            'Seven days',
            'State',
            'As of',
          ]}
        >
          {shown.map((page, at) => page.length > 0 && <Rows key={at} segments={page} isMore={at > 0} />)}
        </Table>
      )}
      {left > 0 && (
        <button type="button" onClick={() => setPages(pages + 1)}>
          {`Show ${count(Math.min(left, PAGE))} more of ${count(left)}`}
        </button>
      )}
    </section>
  );
}

const sizesPath = (segments: readonly ShownSegment[]) =>
  `/v1/reports/segments?segments=${segments.map(({ id }) => id).join()}`;

/** @param segments as many as one report has. @param isMore somebody has asked for them. */
function Rows({ segments, isMore }: { segments: readonly ShownSegment[]; isMore: boolean }) {
  const first = useRef<HTMLAnchorElement>(null);
  useGoOn(true, isMore ? first : null);
  const sizes = useAnswer<SegmentsReport>(sizesPath(segments));
  const points = new Map(sizes.value?.segments.map(({ segment, points }) => [segment, points]));
  return (
    <>
      {segments.map((segment, at) => (
        <tr key={segment.id}>
          <th scope="row">
            <a ref={at === 0 ? first : null} href={`/console/segments/${segment.id}`}>
              {segment.name}
            </a>
            <span class="why">
              <code>{segment.id}</code>
            </span>
          </th>
          <td class="wide">
            {segment.folder}
            {segment.labels !== undefined && segment.labels.length > 0 && (
              <div>
                {segment.labels.map((name) => (
                  <span class="tag" key={name}>
                    {name}
                  </span>
                ))}
              </div>
            )}
          </td>
          <StandingCells segment={segment} sizes={points.get(segment.id)} />
        </tr>
      ))}
    </>
  );
}

/** Each folder and those above it. */
function foldersOf(items: readonly ShownSegment[]): string[] {
  const all = new Set<string>();
  for (const { folder } of items) {
    const parts = folder?.split('/') ?? [];
    for (let depth = 1; depth <= parts.length; depth++) all.add(parts.slice(0, depth).join('/'));
  }
  return [...all].sort();
}
