import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { ActionButton } from '../ui/actions.tsx';
import { SelectField, TextField } from '../ui/fields.tsx';
import { Form } from '../ui/form.tsx';
import { Card } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import type { ShownDestination } from './shown.ts';

const KINDS = [
  ['change', 'when something has changed'],
  ['cron', 'at set times'],
  ['manual', 'only when somebody says so'],
] as const;

/** When it is told, and whether. */
export function Schedule({
  destination,
  changed,
}: {
  destination: ShownDestination;
  changed: () => Promise<void>;
}) {
  const { id, schedule, active } = destination;
  const mayEdit = useMay('edit');
  const [kind, setKind] = useState<string>(typeof schedule === 'string' ? schedule : 'cron');
  const [cron, setCron] = useState(typeof schedule === 'string' ? '0 6 * * *' : schedule.cron);
  const patch = async (change: object, said: string) => {
    await call('PATCH', `/v1/destinations/${id}`, change);
    await changed();
    tell(said);
  };
  if (!mayEdit)
    return (
      <Card title="Schedule">
        <p>
          It is told {KINDS.find(([one]) => one === kind)?.[1]}
          {kind === 'cron' && (
            <>
              : <code>{cron}</code>
            </>
          )}
          {!active && '; but it is switched off'}.
        </p>
      </Card>
    );
  return (
    <Card title="Schedule">
      <div class="form">
        <Form
          verb="Set the schedule"
          send={() => patch({ schedule: kind === 'cron' ? { cron } : kind }, 'The schedule is changed.')}
        >
          {(wrong) => (
            <>
              <SelectField
                label="When it is told"
                hint="Each hour it is looked whether something has changed."
                problem={kind === 'cron' ? undefined : wrong('/schedule')}
                value={kind}
                change={setKind}
                options={KINDS}
              />
              {kind === 'cron' && (
                <TextField
                  isCode
                  label="Times"
                  hint="Five fields of cron, in UTC: 0 6 * * * is each day at six."
                  problem={wrong('/schedule')}
                  value={cron}
                  change={setCron}
                />
              )}
            </>
          )}
        </Form>
        <div class="actions">
          <ActionButton
            act={() =>
              patch(
                { active: !active },
                active
                  ? 'It is switched off: nothing leaves to it.'
                  : 'It is on, and will be told everything anew.',
              )
            }
          >
            {active ? 'Switch off' : 'Switch on'}
          </ActionButton>
        </div>
      </div>
    </Card>
  );
}
