import { useState } from 'preact/hooks';
import type { ShownRun } from '../../../api/destination-history.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { Dialog } from '../ui/actions.tsx';
import { Badge, Card, Empty, Moment, Read, Table } from '../ui/parts.tsx';

const AGAIN_MS = 10_000;

interface Part {
  readonly chunk: number;
  readonly state: string;
  readonly lines: number;
  readonly tries: number;
  readonly reason: string;
  readonly detail: string;
  readonly accepted: number;
  readonly failed: number;
  readonly next: string | null;
}

/** What was told when, the newest first. */
export function Runs({ id }: { id: string }) {
  const runs = useAnswer<{ items: ShownRun[] }>(`/v1/destinations/${id}/runs?limit=20`, AGAIN_MS);
  const [open, setOpen] = useState<number>();
  return (
    <Card title="Runs">
      {open !== undefined && (
        <Dialog title={`Run ${open}`} close={() => setOpen(undefined)}>
          <Parts id={id} run={open} />
        </Dialog>
      )}
      <Read of={runs}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No run yet." />
          ) : (
            <Table
              label="Runs"
              head={[
                'Planned',
                'State',
                { text: 'Accepted', number: true },
                { text: 'Dead', number: true },
                'Parts',
                { text: 'Lines', number: true },
                { text: 'Added', number: true },
                { text: 'Removed', number: true },
                'Why',
              ]}
            >
              {items.map((run) => (
                <tr key={run.run}>
                  <th scope="row">
                    <Moment at={run.planned} />
                  </th>
                  <td>
                    <Badge state={run.state} />
                  </td>
                  <td class="number">{count(run.accepted)}</td>
                  <td class="number">{count(Object.values(run.dead).reduce((sum, n) => sum + n, 0))}</td>
                  <td>
                    <button type="button" class="quiet" onClick={() => setOpen(run.run)}>
                      Show <span class="unseen">the parts of run {run.run}</span>
                    </button>
                  </td>
                  <td class="number">{count(run.lines)}</td>
                  <td class="number">{count(run.adds)}</td>
                  <td class="number">{count(run.removes)}</td>
                  <td>
                    {run.cause}, {run.mode}
                  </td>
                </tr>
              ))}
            </Table>
          )
        }
      </Read>
    </Card>
  );
}

function Parts({ id, run }: { id: string; run: number }) {
  const shown = useAnswer<{ parts: Part[] }>(`/v1/destinations/${id}/runs/${run}`);
  return (
    <Read of={shown}>
      {({ parts }) => (
        <Table
          label="Parts of the run"
          head={[
            'Part',
            'State',
            { text: 'Lines', number: true },
            { text: 'Tries', number: true },
            { text: 'Accepted', number: true },
            { text: 'Failed', number: true },
          ]}
        >
          {parts.map((part) => (
            <tr key={part.chunk}>
              <th scope="row">{part.chunk}</th>
              <td>
                <Badge state={part.state} />
                {part.reason !== '' && (
                  <span class="why">
                    {part.detail} <code>{part.reason}</code>
                    {part.next !== null && `; tried again at ${new Date(part.next).toLocaleTimeString()}`}
                  </span>
                )}
              </td>
              <td class="number">{count(part.lines)}</td>
              <td class="number">{count(part.tries)}</td>
              <td class="number">{count(part.accepted)}</td>
              <td class="number">{count(part.failed)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Read>
  );
}
