import { useState } from 'preact/hooks';
import type { AuditLine } from '../../../report/audit.ts';
import { useAnswer } from '../api/use-answer.ts';
import { Card, Empty, Moment, PageHead, Read, Table } from '../ui/parts.tsx';

const PAGE = 100;

/** Who changed or did what, and who looked at whom. */
export function Audit() {
  const [before, setBefore] = useState<string>();
  const lines = useAnswer<{ items: AuditLine[]; next: string | null }>(
    `/v1/audit?limit=${PAGE}${before === undefined ? '' : `&before=${before}`}`,
  );
  return (
    <>
      <PageHead title="Audit" />
      <Card title="What keys did">
        <p class="muted small">
          Changes are kept for good; looks at people, and what was done without changing anything, as long as
          the people’s data. Whom a look was at is kept as a keyed hash, by which it can be proved and nobody
          can be found.
        </p>
        <Read of={lines}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty title="Nothing yet." />
            ) : (
              <>
                <Table label="Audit" head={['When', 'Did', 'What', 'Who']}>
                  {items.map(({ time, by, action, kind, subject, version }) => (
                    <tr key={`${time} ${kind} ${subject} ${version}`}>
                      <th scope="row">
                        <Moment at={time} />
                      </th>
                      <td>{action}</td>
                      <td>
                        {kind} <code>{subject}</code>
                        {version !== null && <span class="muted small"> version {version}</span>}
                      </td>
                      <td>{by.name ?? by.id}</td>
                    </tr>
                  ))}
                </Table>
                <div class="actions">
                  {before !== undefined && (
                    <button type="button" onClick={() => setBefore(undefined)}>
                      Newest
                    </button>
                  )}
                  {next !== null && (
                    <button type="button" onClick={() => setBefore(next)}>
                      Older
                    </button>
                  )}
                </div>
              </>
            )
          }
        </Read>
      </Card>
    </>
  );
}
