import { useState } from 'preact/hooks';
import type { ShownRetention } from '../../../api/retention.ts';
import type { Erasure } from '../../../privacy/erasures.ts';
import type { ConsentReport } from '../../../report/consent.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { count, counted } from '../format.ts';
import { Dialog } from '../ui/actions.tsx';
import { CsvLink } from '../ui/csv-link.tsx';
import { Badge, Card, Empty, Field, Moment, PageHead, Read, Table } from '../ui/parts.tsx';
import { ForgetButton } from './forget-button.tsx';

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** What people have said, what is kept of them and until when, and who asked to be forgotten. */
export function Privacy() {
  const consent = useAnswer<ConsentReport>('/v1/reports/consent');
  const kept = useAnswer<ShownRetention>('/v1/retention');
  const mayEdit = useMay('edit');
  return (
    <>
      <PageHead title="Privacy" />
      <Read of={consent}>{(report) => <Consent report={report} />}</Read>
      <Read of={kept}>
        {(now) => (
          <>
            <div class="columns">
              <Erasures retained={now} />
              {mayEdit && <Erase done={kept.reload} />}
            </div>
            <Tables retained={now} />
          </>
        )}
      </Read>
    </>
  );
}

function Consent({ report: { total, countries, stored, refusals } }: { report: ConsentReport }) {
  const refusedIn = (wanted: string) =>
    refusals.reduce((sum, { room, n }) => sum + (room === wanted ? n : 0), 0);
  const hits = refusedIn('collect');
  return (
    <>
      <Card title="Consent, last seven days" aside={<CsvLink path="/v1/reports/consent" name="consent" />}>
        {countries.length === 0 ? (
          <Empty title="Nobody was seen in the last seven days." />
        ) : (
          <Table
            label="Consent by country"
            head={[
              'Country',
              { text: 'Visitors', number: true },
              { text: 'Allow the cookie', number: true },
              { text: 'Allow a profile', number: true },
              { text: 'Allow handing out', number: true },
              { text: 'Withdrawn since', number: true },
              { text: 'Hits refused', number: true },
            ]}
          >
            {[{ country: 'All', ...total, refused: hits, stored }, ...countries].map((one) => (
              <tr key={one.country ?? 'others'}>
                <th scope="row">{nameOf(one.country)}</th>
                <td class="number">{count(one.visitors)}</td>
                <td class="number">{share(one.store, one.visitors)}</td>
                <td class="number">{share(one.profile, one.visitors)}</td>
                <td class="number">{share(one.handOut, one.visitors)}</td>
                <td class="number">{count(one.withdrawn)}</td>
                <td class="number">{share(one.refused, one.refused + one.stored)}</td>
              </tr>
            ))}
          </Table>
        )}
      </Card>
      <Card title="Refused for want of consent">
        <p>
          In the last seven days {counted(hits, 'hit')} and {counted(refusedIn('sync'), 'sync')} were refused,{' '}
          {counted(stored, 'hit')} stored: {share(hits, hits + stored)} of these hits were refused.
        </p>
        {refusals.length > 0 && (
          <Table
            label="Refusals by signal"
            head={[
              'Reason',
              { text: 'How many', number: true },
              { text: 'Of the hits', number: true },
              'Signal',
            ]}
          >
            {refusals.map(({ room, reason, sentence, signal, n }) => (
              <tr key={`${room} ${reason}`}>
                <th scope="row">
                  <code>{reason}</code> <span class="muted small">{room}</span>
                  <span class="why">{sentence}</span>
                </th>
                <td class="number">{count(n)}</td>
                <td class="number">
                  {room === 'collect' ? share(n, hits + stored) : <span class="muted">–</span>}
                </td>
                <td>{signal}</td>
              </tr>
            ))}
          </Table>
        )}
        <RefusedIn countries={countries.filter(({ refused }) => refused > 0)} />
      </Card>
    </>
  );
}

const share = (n: number | undefined, of: number) =>
  n === undefined || of === 0 ? '–' : percent.format(n / of);
const nameOf = (country: string | null) => (country === '' ? 'unknown' : (country ?? 'all others'));

/** Which signal keeps how much of a country's hits out. */
function RefusedIn({ countries }: { countries: ConsentReport['countries'] }) {
  if (countries.length === 0) return null;
  const signals = [...new Set(countries.flatMap((one) => one.signals.map(({ signal }) => signal)))];
  return (
    <>
      <p>Of a country’s hits, what was refused by which signal:</p>
      <Table
        label="Refused hits by country and signal"
        head={[
          'Country',
          { text: 'Refused', number: true },
          ...signals.map((signal) => ({
            text: signal === 'none' ? 'No signal' : `By ${signal}`,
            number: true as const,
          })),
        ]}
      >
        {countries.map(({ country, stored, refused, signals: own }) => (
          <tr key={country ?? 'others'}>
            <th scope="row">{nameOf(country)}</th>
            <td class="number">{count(refused)}</td>
            {signals.map((signal) => (
              <td key={signal} class="number">
                {share(own.find((one) => one.signal === signal)?.n, refused + stored)}
              </td>
            ))}
          </tr>
        ))}
      </Table>
    </>
  );
}

function Erasures({ retained: { erasures, suppressed } }: { retained: ShownRetention }) {
  const [open, setOpen] = useState<string>();
  return (
    <Card title="Asked to be forgotten">
      {open !== undefined && (
        <Dialog title="Receipt" close={() => setOpen(undefined)}>
          <Receipt id={open} />
        </Dialog>
      )}
      <p>{counted(suppressed, 'opt-out')} remembered, as keyed hashes and for good.</p>
      {erasures.length === 0 ? (
        <Empty title="Nobody has asked within the retention." />
      ) : (
        <Table label="Erasures" head={['When', 'By', { text: 'Visitors', number: true }, 'Receipt']}>
          {erasures.map(({ id, time, origin, visitors }) => (
            <tr key={id}>
              <th scope="row">
                <Moment at={time} />
              </th>
              <td>{origin === 'optout' ? 'the person, by opting out' : 'an operator'}</td>
              <td class="number">{count(visitors)}</td>
              <td>
                <button type="button" class="quiet" onClick={() => setOpen(id)}>
                  Show <span class="unseen">the receipt of {time}</span>
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Receipt({ id }: { id: string }) {
  const receipt = useAnswer<Erasure>(`/v1/erasures/${id}`);
  return (
    <Read of={receipt}>
      {({ steps }) => (
        <Table
          label="Steps of the erasure"
          head={['Step', 'State', 'What', { text: 'Rows', number: true }, 'When']}
        >
          {steps.map(({ step, state, at, table, rows, segment, destination, detail }, place) => (
            <tr key={`${step} ${place}`}>
              <th scope="row">
                {step} <code>{table ?? destination ?? segment}</code>
              </th>
              <td>
                <Badge state={state} />
              </td>
              <td>{detail}</td>
              <td class="number">{rows === undefined ? '' : count(rows)}</td>
              <td>{at === null ? '' : <Moment at={at} />}</td>
            </tr>
          ))}
        </Table>
      )}
    </Read>
  );
}

function Erase({ done }: { done: () => Promise<void> }) {
  const [id, setId] = useState('');
  return (
    <Card title="Forget somebody">
      <div class="form">
        <Field
          label="Id"
          hint="A visitor’s 11 characters, or type:uid with a device type or a partner’s id. Hidden at once, deleted by the next batch, and told to destinations."
        >
          {(ids) => (
            <input
              {...ids}
              value={id}
              autocomplete="off"
              spellcheck={false}
              onInput={(event) => setId(event.currentTarget.value)}
            />
          )}
        </Field>
        <div class="actions">
          <ForgetButton
            id={id.trim()}
            done={async () => {
              setId('');
              await done();
            }}
          />
        </div>
      </div>
    </Card>
  );
}

function Tables({ retained: { tables, retentionDays } }: { retained: ShownRetention }) {
  const filled = tables.filter(({ rows }) => rows > 0);
  const empty = tables.filter(({ rows }) => rows === 0);
  return (
    <Card title={`What is kept, at most ${retentionDays} days`}>
      {filled.length === 0 ? (
        <Empty title="Nothing is stored about anybody." />
      ) : (
        <Table
          label="Tables with rows about visitors"
          head={['Table', 'Oldest row', 'Gone on', { text: 'Rows', number: true }]}
        >
          {filled.map(({ table, rows, oldest, dies }) => (
            <tr key={table}>
              <th scope="row">
                <code>{table}</code>
              </th>
              <td>
                <time>{oldest}</time>
              </td>
              <td>
                <time>{dies}</time>
              </td>
              <td class="number">{count(rows)}</td>
            </tr>
          ))}
        </Table>
      )}
      {empty.length > 0 && (
        <details>
          <summary>{counted(empty.length, 'other table')} with nothing in them</summary>
          <ul class="list">
            {empty.map(({ table }) => (
              <li key={table}>
                <code>{table}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </Card>
  );
}
