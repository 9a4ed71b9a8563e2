import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso/router';
import type { ShownDryRun } from '../../../api/destinations.ts';
import type { Run } from '../../../jobs/ledger.ts';
import type { DeliveryHealth } from '../../../report/deliveries.ts';
import { call } from '../api/call.ts';
import { useMay } from '../api/session.ts';
import { useAnswer } from '../api/use-answer.ts';
import { ActionButton, Dialog } from '../ui/actions.tsx';
import { Card, Facts, PageHead, Read } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { EditDestination, Ending } from './changing.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { deliveredWords } from './delivered.ts';
import { DryRun } from './dry-run.tsx';
import { Runs } from './runs.tsx';
import { Schedule } from './schedule.tsx';
import type { ShownDestination } from './shown.ts';
import { Standing } from './standing.tsx';
import { WaterfallCard } from './waterfall.tsx';

const AGAIN_MS = 10_000;

/** One destination: who comes through to it, what was sent and what was not taken. */
export function DestinationPage() {
  const { id } = useRoute().params as { id: string };
  const destination = useAnswer<ShownDestination>(`/v1/destinations/${id}`);
  return (
    <>
      <p class="crumb">
        <a href="/console/destinations">Destinations</a>
      </p>
      <Read of={destination} title="Destination">
        {(shown) => <Shown key={shown.id} destination={shown} reload={destination.reload} />}
      </Read>
    </>
  );
}

function Shown({ destination, reload }: { destination: ShownDestination; reload: () => Promise<void> }) {
  const { id, name, active } = destination;
  const mayEdit = useMay('edit');
  const [preview, setPreview] = useState<ShownDryRun>();
  // Told anew, all below is read anew.
  const [told, setTold] = useState(0);
  return (
    <>
      <PageHead title={name}>
        {mayEdit && (
          <>
            <ActionButton
              act={async () =>
                setPreview(await call<ShownDryRun>('POST', `/v1/destinations/${id}/deliver?dryRun=1`))
              }
            >
              Dry run
            </ActionButton>
            <ActionButton
              class="primary"
              disabled={!active}
              act={async () => {
                const run = await call<Run>('POST', `/v1/destinations/${id}/deliver?wait=1`);
                setTold(told + 1);
                tell(deliveredWords(name, run));
              }}
            >
              Deliver now
            </ActionButton>
            <EditDestination destination={destination} changed={reload} />
          </>
        )}
      </PageHead>
      {preview !== undefined && (
        <Dialog title={`Dry run: ${name}`} close={() => setPreview(undefined)}>
          <DryRun of={preview} />
        </Dialog>
      )}
      <WaterfallCard key={`waterfall ${told}`} id={id} />
      <div class="columns">
        <Card title="About it">
          <About key={told} destination={destination} />
        </Card>
        <Schedule destination={destination} changed={reload} />
      </div>
      <Runs key={`runs ${told}`} id={id} />
      <DeadLetters key={`letters ${told}`} id={id} name={name} replayed={() => setTold(told + 1)} />
      {mayEdit && (
        <Card title="Anew, back, or over">
          <Ending destination={destination} told={() => setTold(told + 1)} />
        </Card>
      )}
    </>
  );
}

function About({ destination }: { destination: ShownDestination }) {
  const { id, type, partner, devices, segments, settings, secrets, mode, allows, regions } = destination;
  const health = useAnswer<{ items: DeliveryHealth[] }>('/v1/deliveries', AGAIN_MS);
  const own = health.value?.items.find((one) => one.destination === id);
  const rows: [string, preact.ComponentChildren][] = [
    ['State', own === undefined ? '…' : <Standing key="state" of={own} />],
    ['Id', <code key="id">{id}</code>],
    ['Type', type],
    ['Ids', [partner, ...devices].filter((one) => one !== undefined).join(', ') || 'none'],
    [
      'Segments',
      segments === 'all'
        ? 'all'
        : segments.map(({ id, code }, at) => (
            <span key={id}>
              {at > 0 && ', '}
              <a href={`/console/segments/${id}`}>{id}</a>
              {code !== undefined && ` as ${code}`}
            </span>
          )),
    ],
    ['Told', mode === 'delta' ? 'what has changed' : 'everything, each time'],
    ['Allows', allows.join(', ') || 'no labelled segment'],
    ['Regions', regions?.join(', ') ?? 'everywhere'],
    ...Object.entries(settings).map(([name, value]): [string, string] => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
    ...secrets.map((name): [string, string] => [name, 'set, and kept encrypted']),
  ];
  return <Facts rows={rows} />;
}
