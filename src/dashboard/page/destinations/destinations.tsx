import type { DeliveryHealth } from '../../../report/deliveries.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count } from '../format.ts';
import { useAdding } from '../ui/adding.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { Moment, NoneYet, PageHead, Read, Table } from '../ui/parts.tsx';
import { NewDestination } from './new-destination.tsx';
import { Standing } from './standing.tsx';

const AGAIN_MS = 10_000;

/** Where segments are sent, and how it stands with each. */
export function Destinations() {
  const health = useAnswer<{ items: DeliveryHealth[] }>('/v1/deliveries', AGAIN_MS);
  const adding = useAdding('destination', () => <NewDestination />);
  return (
    <>
      <PageHead title="Destinations">
        <CsvLink path="/v1/reports/deliveries" name="deliveries" />
        {adding.button}
      </PageHead>
      {adding.dialog}
      <Read of={health}>
        {({ items }) =>
          items.length === 0 ? (
            <NoneYet title="A destination is somebody who is told who is in your segments, under their own ids.">
              <p>
                A DSP’s API, files in a folder, a bucket or by SFTP, or a webhook. Consent and ids are checked
                for each person before anything leaves.
              </p>
              {adding.button}
            </NoneYet>
          ) : (
            <section class="card" aria-label="All destinations">
              <Table
                label="Destinations"
                head={[
                  'Destination',
                  'State',
                  { text: 'Waiting', number: true },
                  { text: 'Dead letters', number: true },
                  'Looked for changes',
                  'Last took something',
                ]}
              >
                {items.map((one) => (
                  <tr key={one.destination}>
                    <th scope="row">
                      <a href={`/console/destinations/${one.destination}`}>{one.name}</a>
                      <span class="why">{one.type}</span>
                    </th>
                    <td>
                      <Standing of={one} />
                    </td>
                    <td class="number">{count(one.waiting)}</td>
                    <td class="number">{count(one.dead)}</td>
                    <td>
                      <Moment at={one.planned} />
                    </td>
                    <td>
                      <Moment at={one.acknowledged} />
                    </td>
                  </tr>
                ))}
              </Table>
            </section>
          )
        }
      </Read>
    </>
  );
}
