import type { ShownDryRun } from '../../../api/destinations.ts';
import { count } from '../format.ts';
import { Empty, Table } from '../ui/parts.tsx';
import { Code } from '../ui/scroll.tsx';

/** What a delivery would tell now; nothing was sent. */
export function DryRun({ of }: { of: ShownDryRun }) {
  const told = of.counts.filter(({ reason, n }) => reason === '' && n > 0);
  return (
    <div class="form">
      <p>
        Nothing was sent. A delivery of {of.mode === 'full' ? 'everything' : 'what has changed'} would tell
        this now:
      </p>
      {told.length === 0 ? (
        <Empty title="Nothing: it has what it is to have." />
      ) : (
        <Table label="What would be told" head={['Segment', 'What', { text: 'How many', number: true }]}>
          {told.map(({ segment, stage, n }) => (
            <tr key={`${segment} ${stage}`}>
              <th scope="row">{segment}</th>
              <td>{stage.replaceAll('_', ' ')}</td>
              <td class="number">{count(n)}</td>
            </tr>
          ))}
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
