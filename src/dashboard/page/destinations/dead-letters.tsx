import type { ShownLetters } from '../../../api/destination-history.ts';
import type { Run } from '../../../jobs/ledger.ts';
import { call } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count, counted } from '../format.ts';
import { ActionButton } from '../ui/actions.tsx';
import { Card, Empty, Moment, Read, Table } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { deliveredWords } from './delivered.ts';

/** Of whole parts and single lines; a run whose lines are refused one by one has many alike. */
const READ = 1000;

type Letter = ShownLetters['items'][number];

/** Letters of a run that were refused for the same, as one; the newest first. */
function alike(letters: readonly Letter[]): Letter[] {
  const groups = new Map<string, Letter>();
  for (const letter of letters) {
    const key = JSON.stringify([letter.run, letter.reason, letter.detail]);
    const group = groups.get(key);
    groups.set(key, group === undefined ? letter : { ...group, lines: group.lines + letter.lines });
  }
  return [...groups.values()];
}

/** What was not taken and is not sent again by itself: by reason, to be sent again. */
export function DeadLetters({ id, name, replayed }: { id: string; name: string; replayed: () => void }) {
  const letters = useAnswer<ShownLetters>(`/v1/destinations/${id}/dead-letters?limit=${READ}`);
  const mayEdit = useMay('edit');
  return (
    <Card
      title="Dead letters"
      aside={
        mayEdit &&
        (letters.value?.lines ?? 0) > 0 && (
          <ActionButton
            act={async () => {
              const run = await call<Run>('POST', `/v1/destinations/${id}/dead-letters/replay?wait=1`);
              replayed();
              tell(deliveredWords(name, run));
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
              <p>
                {lines === 1 ? '1 line waits' : `${count(lines)} lines wait`} here. A replay tells those that
                still hold.
              </p>
              <Table
                label="Dead letters"
                head={['Given up', { text: 'Lines', number: true }, 'Reason', { text: 'Run', number: true }]}
              >
                {alike(items).map((one) => (
                  <tr key={`${one.run} ${one.reason} ${one.detail}`}>
                    <th scope="row">
                      <Moment at={one.time} />
                    </th>
                    <td class="number">{count(one.lines)}</td>
                    <td>
                      <code>{one.reason}</code>
                      <span class="why">{one.detail}</span>
                    </td>
                    <td class="number">{one.run}</td>
                  </tr>
                ))}
              </Table>
              <More than={items} lines={lines} />
            </>
          )
        }
      </Read>
    </Card>
  );
}

function More({ than, lines }: { than: readonly Letter[]; lines: number }) {
  const left = lines - than.reduce((sum, letter) => sum + letter.lines, 0);
  return left > 0 ? <p class="muted">And {counted(left, 'older line')}.</p> : null;
}
