import { useState } from 'preact/hooks';
import type { ShownJobs } from '../../../api/jobs.ts';
import type { Run } from '../../../jobs/ledger.ts';
import { call } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { bytes, count, duration, outcome, timeOfDay } from '../format.ts';
import { ActionButton } from '../ui/actions.tsx';
import { Badge, Card, Empty, Field, Moment, PageHead, Read, Table } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';

const AGAIN_MS = 5_000;
const SHOWN = 200;

/** Every job with its schedule, running one now, and the ledger of runs. */
export function Jobs() {
  const runs = useAnswer<ShownJobs>(`/v1/jobs?limit=${SHOWN}`, AGAIN_MS);
  const mayEdit = useMay('edit');
  const [only, setOnly] = useState('');
  const jobs = runs.value?.jobs ?? [];
  // Of runs that an older version has left there may be others.
  const names = [...new Set([...jobs, ...(runs.value?.items ?? [])].map(nameOf))];
  return (
    <>
      <PageHead title="Jobs" />
      <Card title="Schedule">
        <p class="muted small">
          Schedules are in UTC, what is next is in your own time. What runs now is of every hit acknowledged
          so far.
        </p>
        <Read of={runs}>
          {({ items }) => (
            <Table
              label="Jobs and when they run"
              head={['Job', 'Last', ...(mayEdit ? ['By hand'] : []), 'Next', 'Schedule']}
            >
              {jobs.map(({ name, schedule, next }) => {
                const last = items.find(({ job }) => job === name);
                return (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    <td>
                      {last === undefined ? (
                        <span class="muted">not lately</span>
                      ) : (
                        <>
                          <Badge state={last.state} /> <Moment at={last.started} />
                        </>
                      )}
                    </td>
                    {mayEdit && (
                      <td>
                        <RunNow job={name} reload={runs.reload} />
                      </td>
                    )}
                    <td>{next === null ? 'never' : <time dateTime={next}>{timeOfDay(next)}</time>}</td>
                    <td>
                      <code>{schedule}</code>
                    </td>
                  </tr>
                );
              })}
            </Table>
          )}
        </Read>
      </Card>
      <Card
        title="Runs"
        aside={
          <Field label="Job">
            {(ids) => (
              <select {...ids} value={only} onChange={(event) => setOnly(event.currentTarget.value)}>
                <option value="">All jobs</option>
                {names.map((job) => (
                  <option key={job} value={job}>
                    {job}
                  </option>
                ))}
              </select>
            )}
          </Field>
        }
      >
        <Read of={runs}>
          {({ items }) => {
            const shown = items.filter(({ job }) => only === '' || job === only);
            return shown.length === 0 ? (
              <Empty title="No run yet." />
            ) : (
              <Table
                label="Runs"
                head={[
                  'Job',
                  'State',
                  'Started',
                  { text: 'Took', number: true },
                  { text: 'Rows read', number: true },
                  { text: 'Peak memory', number: true },
                ]}
              >
                {shown.map((run) => (
                  <tr key={run.run}>
                    <th scope="row">
                      {run.job}
                      <span class="why">{run.error === '' ? outcome(run.result) : run.error}</span>
                    </th>
                    <td>
                      <Badge state={run.state} />
                    </td>
                    <td>
                      <Moment at={run.started} />
                    </td>
                    <td class="number">
                      {run.ended === null ? '' : duration(Date.parse(run.ended) - Date.parse(run.started))}
                    </td>
                    <td class="number">{count(run.rowsRead)}</td>
                    <td class="number">{run.peakMemory === 0 ? '–' : bytes(run.peakMemory)}</td>
                  </tr>
                ))}
              </Table>
            );
          }}
        </Read>
      </Card>
    </>
  );
}

const nameOf = (of: { readonly name: string } | { readonly job: string }) =>
  'name' in of ? of.name : of.job;

const RunNow = ({ job, reload }: { job: string; reload: () => Promise<void> }) => (
  <ActionButton
    act={async () => {
      const run = await call<Run>('POST', `/v1/jobs/${job}/run?wait=1`);
      await reload();
      tell(`${job}: ${run.state}. ${run.error === '' ? outcome(run.result) : run.error}`);
    }}
  >
    Run <span class="unseen">{job}</span> now
  </ActionButton>
);
