import { useState } from 'preact/hooks';
import type { SignalsReport } from '../../../report/unused-signals.ts';
import type { Signal } from '../../../report/used-signals.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useCategoryNames } from '../api/use-category-names.ts';
import { count } from '../format.ts';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Empty, Read, Table } from '../ui/parts.tsx';
import type { ShownSite } from './shown.ts';

const KINDS: Readonly<Record<Signal, string>> = {
  category: 'Categories',
  keyword: 'Keywords',
  event: 'Events',
  path: 'Paths',
};

/** What the site says of its visitors, whether or not a segment asks for it. */
export function SignalsCard({ site }: { site: ShownSite }) {
  // From one visitor on: whoever has just put the tag into a page looks here for what it sends.
  const path = `/v1/reports/signals?site=${site.id}&minVisitors=1`;
  const seen = useAnswer<SignalsReport>(`${path}&limit=20`);
  return (
    <Card title="Signals seen" aside={<CsvLink path={path} name={`signals-of-${site.id}`} />}>
      <Read of={seen}>{({ items }) => <Kinds items={items} />}</Read>
    </Card>
  );
}

function Kinds({ items }: Pick<SignalsReport, 'items'>) {
  const [kind, setKind] = useState<Signal>('category');
  const nameOf = useCategoryNames(
    items.filter((signal) => signal.kind === 'category').map(({ value }) => value),
  );
  const lines = items.filter((signal) => signal.kind === kind);
  return (
    <>
      <fieldset class="tabs">
        <legend class="unseen">Kind of signal</legend>
        {(Object.keys(KINDS) as Signal[]).map((one) => (
          <button type="button" key={one} aria-pressed={one === kind} onClick={() => setKind(one)}>
            {KINDS[one]}
          </button>
        ))}
      </fieldset>
      <p class="muted small">Of the last seven days, those with the most visitors first.</p>
      {lines.length === 0 ? (
        <Empty title="None came in the last seven days." />
      ) : (
        <Table
          label={`${KINDS[kind]} seen`}
          head={[KINDS[kind], { text: 'Hits', number: true }, { text: 'Visitors', number: true }]}
        >
          {lines.map(({ value, hits, visitors }) => (
            <tr key={value}>
              <th scope="row">{kind === 'category' ? nameOf(value) : value}</th>
              <td class="number">{count(hits)}</td>
              <td class="number">{count(visitors)}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
