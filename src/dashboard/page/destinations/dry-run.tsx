import type { ShownDryRun } from '../../../api/destinations.ts';
import type { Count } from '../../../delivery/plan/losses.ts';
import { CHANGES } from '../../../delivery/plan/stages.ts';
import { count } from '../format.ts';
import { Empty, Table } from '../ui/parts.tsx';
import { Code } from '../ui/scroll.tsx';
import { wordsOf } from './stages.ts';

/** What a delivery would tell now; nothing was sent. */
export function DryRun({ of }: { of: ShownDryRun }) {
  const segments = [...new Set(of.counts.map(({ segment }) => segment))];
  const isNothing = of.counts.every(({ stage, n }) => !isChange(stage) || n === 0);
  return (
    <div class="form">
      <p>
        Nothing was sent. A delivery of {of.mode === 'full' ? 'everything' : 'what has changed'} would tell
        this now:
      </p>
      {isNothing && <Empty title="Nothing: it has what it is to have." />}
      {segments.length > 0 && (
        <Table
          label="What would be told"
          head={[
            'Segment',
            { text: 'Added', number: true },
            { text: 'Removed', number: true },
            { text: 'Refreshed', number: true },
            { text: 'Then in it', number: true },
            { text: 'Members', number: true },
            'Lost on the way',
          ]}
        >
          {segments.map((segment) => {
            const own = of.counts.filter((one) => one.segment === segment);
            return (
              <tr key={segment}>
                <th scope="row">{segment}</th>
                {[...CHANGES, 'sent' as const, 'members' as const].map((stage) => (
                  <td class="number" key={stage}>
                    {count(countOf(own, stage))}
                  </td>
                ))}
                <td>
                  {own
                    .filter(({ reason, n }) => reason !== '' && n > 0)
                    .map(({ reason, n }) => (
                      <div key={reason}>
                        {count(n)} {wordsOf(reason)} <code class="muted">{reason}</code>
                      </div>
                    ))}
                </td>
              </tr>
            );
          })}
        </Table>
      )}
      {of.preview !== '' && (
        <>
          <h3>The first lines, as they would go</h3>
          <Code class="preview" label="The first lines" text={of.preview} />
        </>
      )}
    </div>
  );
}

const isChange = (stage: Count['stage']) => CHANGES.some((one) => one === stage);
const countOf = (counts: readonly Count[], of: Count['stage']) =>
  counts.find(({ stage, reason }) => stage === of && reason === '')?.n ?? 0;
