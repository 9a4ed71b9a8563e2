import type { Partner } from '../../../registry/kinds.ts';
import type { MatchRatesReport } from '../../../report/match-rates.ts';
import { useAll } from '../api/use-all.ts';
import { useAnswer } from '../api/use-answer.ts';
import { useAdding } from '../ui/adding.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { Count, NoneYet, PageHead, Read, Table } from '../ui/parts.tsx';
import { UploadButton } from '../upload/upload.tsx';
import { Uploads } from '../upload/uploads.tsx';
import { NewPartner } from './new-partner.tsx';
import { Rate } from './rate.tsx';

/** With whose ids ours are matched, and how many of the visitors. */
export function Partners() {
  const partners = useAll<Partner>('/v1/partners');
  const rates = useAnswer<MatchRatesReport>('/v1/reports/match-rates');
  const adding = useAdding('partner', () => <NewPartner />);
  const now = new Map(rates.value?.partners.map((one) => [one.partner, one.now]));
  return (
    <>
      <PageHead title="Partners">
        <CsvLink path="/v1/reports/match-rates" name="match-rates" />
        <UploadButton
          kind="matches"
          parameter={{
            name: 'partner',
            label: 'Partner of lines that name none',
            hint: 'Needed where the file has no column of partners.',
            options: partners.value?.map(({ id, name }) => [id, name] as const) ?? [],
          }}
          changed={rates.reload}
        />
        <UploadButton kind="traits" />
        {adding.button}
      </PageHead>
      {adding.dialog}
      <Read of={partners}>
        {(items) =>
          items.length === 0 ? (
            <NoneYet title="A partner is somebody whose ids for browsers are matched with ours.">
              <p>Choose one of the catalogue of known partners, or describe your own.</p>
              {adding.button}
            </NoneYet>
          ) : (
            <section class="card" aria-label="All partners">
              <Table
                label="Partners"
                head={[
                  'Partner',
                  { text: 'Match rate', number: true },
                  { text: 'Matched', number: true },
                  { text: 'Visitors today', number: true },
                  { text: 'Of the consented', number: true },
                ]}
              >
                {items.map(({ id, name }) => {
                  const today = now.get(id)?.windows[0];
                  return (
                    <tr key={id}>
                      <th scope="row">
                        <a href={`/console/partners/${id}`}>{name}</a>
                        <span class="why">
                          <code>{id}</code>
                        </span>
                      </th>
                      <td class="number">
                        <Rate of={today?.matchRate} />
                      </td>
                      <td class="number">
                        <Count n={today?.matched} />
                      </td>
                      <td class="number">
                        <Count n={today?.visitors} />
                      </td>
                      <td class="number">
                        <Rate of={today?.consentedMatchRate} />
                      </td>
                    </tr>
                  );
                })}
              </Table>
            </section>
          )
        }
      </Read>
      <Uploads kind="matches" />
      <Uploads kind="traits" />
    </>
  );
}
