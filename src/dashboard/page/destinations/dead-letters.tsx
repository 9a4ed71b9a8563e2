import type { ShownLetters } from '../../../api/destination-history.ts';
import { call } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count, counted } from '../format.ts';
import { ActionButton } from '../ui/actions.tsx';
import { Card, Empty, Moment, Read, Table } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';

/** What was not taken and is not sent again by itself: by reason, to be sent again. */
export function DeadLetters({ id, name, replayed }: { id: string; name: string; replayed: () => void }) {
  const letters = useAnswer<ShownLetters>(`/v1/destinations/${id}/dead-letters?limit=50`);
  const mayEdit = useMay('edit');
  return (
    <Card
      title="Dead letters"
      aside={
        mayEdit &&
        (letters.value?.lines ?? 0) > 0 && (
          <ActionButton
            act={async () => {
              await call('POST', `/v1/destinations/${id}/dead-letters/replay?wait=1`);
              tell(`Sent to ${name} again; those who are members no more were left out.`);
              replayed();
            }}
          >
            Replay all
          </ActionButton>
        )
      }
    >
      <Read of={letters}>
        {({ lines, items }) =>
          lines === 0 ? (
            <Empty title="None: everything that was told was taken, or is still on its way." />
          ) : (
            <>
              <p>{counted(lines, 'line')} wait here.</p>
              <Table
                label="Dead letters"
                head={['Given up', 'Reason', { text: 'Lines', number: true }, { text: 'Run', number: true }]}
              >
                {items.map((one) => (
                  <tr key={`${one.run} ${one.chunk} ${one.number}`}>
                    <th scope="row">
                      <Moment at={one.time} />
                    </th>
                    <td>
                      <code>{one.reason}</code>
                      <span class="why">{one.detail}</span>
                    </td>
                    <td class="number">{count(one.lines)}</td>
                    <td class="number">{one.run}</td>
                  </tr>
                ))}
              </Table>
            </>
          )
        }
      </Read>
    </Card>
  );
}
