import { useState } from 'preact/hooks';
import type { Receipt } from '../../../upload/receipt.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useNewest } from '../api/use-newest.ts';
import { count } from '../format.ts';
import { Dialog } from '../ui/actions.tsx';
import { Badge, Card, Moment, Read, Table } from '../ui/parts.tsx';
import { KINDS, type Kind } from './kinds.ts';
import { ShownReceipt } from './receipt.tsx';
import { FAULTS, refusalsOf } from './refusals.ts';

const AGAIN_MS = 5_000;
/** As many more with each click. */
const SHOWN = 10;

/** Earlier uploads of a kind, the newest first, by whom ever: what became of each. Nothing where there is none. */
export function Uploads({ kind }: { kind: Kind }) {
  const [limit, setLimit] = useState(SHOWN);
  const [open, setOpen] = useState<string>();
  const uploads = useAnswer<{ items: Receipt[]; next: string | null }>(
    `${KINDS[kind].receipts}?limit=${limit}`,
    AGAIN_MS,
  );
  // More of them are on their way: those that are there stay.
  const value = useNewest(uploads.value);
  const opened = value?.items.find(({ id }) => id === open);
  if (value?.items.length === 0 || (value === undefined && uploads.problem === undefined)) return null;
  return (
    <Card title={`Uploads of ${kind}`}>
      {opened !== undefined && (
        <Dialog title="Receipt" close={() => setOpen(undefined)}>
          <div class="form">
            <ShownReceipt kind={kind} receipt={opened} />
          </div>
        </Dialog>
      )}
      <Read of={{ ...uploads, value }}>
        {({ items, next }) => (
          <>
            <Table
              label={`Uploads of ${kind}`}
              head={[
                'Begun',
                'State',
                { text: 'Stored', number: true },
                'Not stored',
                'Receipt',
                { text: 'Lines', number: true },
              ]}
            >
              {items.map((receipt) => (
                <tr key={receipt.id}>
                  <th scope="row">
                    <Moment at={receipt.startedAt} />
                  </th>
                  <td>
                    <Badge state={receipt.state} />
                    {receipt.reason !== undefined && <span class="why">{FAULTS[receipt.reason]}</span>}
                  </td>
                  <td class="number">{count(receipt.stored)}</td>
                  <td>
                    {refusalsOf(receipt).map(([reason, n]) => (
                      <div key={reason}>
                        {count(n)} <code class="muted">{reason}</code>
                      </div>
                    ))}
                  </td>
                  <td>
                    <button type="button" class="quiet" onClick={() => setOpen(receipt.id)}>
                      Show <span class="unseen">the receipt {receipt.id}</span>
                    </button>
                  </td>
                  <td class="number">{count(receipt.received)}</td>
                </tr>
              ))}
            </Table>
            {next !== null && (
              <div class="actions">
                <button type="button" onClick={() => setLimit(limit + SHOWN)}>
                  More uploads of {kind}
                </button>
              </div>
            )}
          </>
        )}
      </Read>
    </Card>
  );
}
