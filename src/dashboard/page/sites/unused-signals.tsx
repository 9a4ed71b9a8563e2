import type { UnusedSignalsReport } from '../../../report/unused-signals.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useCategoryNames } from '../api/use-category-names.ts';
import { count } from '../format.ts';
import { CsvLink } from '../ui/csv-link.tsx';
import { Card, Empty, Read, Table } from '../ui/parts.tsx';
import type { ShownSite } from './shown.ts';

/** What the site says of its visitors and no segment asks for, each one click from a segment. */
export function UnusedSignalsCard({ site }: { site: ShownSite }) {
  const path = `/v1/reports/unused-signals?site=${site.id}`;
  const unused = useAnswer<UnusedSignalsReport>(`${path}&limit=10`);
  const mayEdit = useMay('edit');
  const nameOf = useCategoryNames(
    unused.value?.items.filter(({ kind }) => kind === 'category').map(({ value }) => value) ?? [],
  );
  const wordsOf = (kind: string, value: string) => (kind === 'category' ? nameOf(value) : value);
  return (
    <Card title="Unused signals" aside={<CsvLink path={path} name={`unused-signals-of-${site.id}`} />}>
      <p class="muted small">
        Categories, keywords, events and paths of ten visitors or more in the last seven days that no segment
        uses.
      </p>
      <Read of={unused}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="None: of each that ten visitors or more had, some segment asks." />
          ) : (
            <Table
              label="Unused signals"
              head={[
                'Signal',
                { text: 'Hits', number: true },
                { text: 'Visitors', number: true },
                ...(mayEdit ? ['Use'] : []),
              ]}
            >
              {items.map(({ kind, value, hits, visitors, rule }) => (
                <tr key={`${kind} ${value}`}>
                  <th scope="row">
                    <span class="tag">{kind}</span> {wordsOf(kind, value)}
                  </th>
                  <td class="number">{count(hits)}</td>
                  <td class="number">{count(visitors)}</td>
                  {mayEdit && (
                    <td>
                      <a
                        href={`/console/segments/-new?name=${encodeURIComponent(`${site.name}: ${kind} ${wordsOf(kind, value)}`)}&rule=${encodeURIComponent(JSON.stringify(rule))}`}
                      >
                        New segment{' '}
                        <span class="unseen">
                          of {kind} {wordsOf(kind, value)}
                        </span>
                      </a>
                    </td>
                  )}
                </tr>
              ))}
            </Table>
          )
        }
      </Read>
    </Card>
  );
}
