import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import type { ShownType } from '../../../api/destinations.ts';
import type { Run } from '../../../jobs/ledger.ts';
import { call, Problem } from '../api/call.ts';
import { useAnswer } from '../api/use-answer.ts';
import { ActionButton, ConfirmButton, Dialog } from '../ui/actions.tsx';
import { EditButton } from '../ui/editing.tsx';
import { Read } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { deliveredWords } from './delivered.ts';
import { DestinationForm } from './destination-form.tsx';
import type { ShownDestination } from './shown.ts';

/** The button that opens a destination's form. */
export function EditDestination({
  destination,
  changed,
}: {
  destination: ShownDestination;
  changed: () => Promise<void>;
}) {
  return (
    <EditButton name={destination.name} changed={changed}>
      {(done) => <OfItsType destination={destination} done={done} />}
    </EditButton>
  );
}

function OfItsType({
  destination,
  done,
}: {
  destination: ShownDestination;
  done: (destination: ShownDestination) => unknown;
}) {
  const types = useAnswer<{ items: ShownType[] }>('/v1/destination-types');
  return (
    <Read of={types}>
      {({ items }) => {
        const type = items.find((one) => one.type === destination.type);
        return type === undefined ? (
          <p>This version has no type {destination.type}.</p>
        ) : (
          <DestinationForm type={type} destination={destination} done={done} />
        );
      }}
    </Read>
  );
}

/** What is seldom done: telling everything anew, taking back, ending. */
export function Ending({ destination, told }: { destination: ShownDestination; told: () => void }) {
  const { id, name, active } = destination;
  return (
    <div class="actions">
      {active ? (
        <ConfirmButton
          verb="Tell everything anew"
          ask={`${name} is told every member of its segments, as if it knew nobody.`}
          act={async () => {
            const run = await call<Run>('POST', `/v1/destinations/${id}/resync?wait=1`);
            told();
            tell(deliveredWords(name, run));
          }}
        >
          Tell everything anew
        </ConfirmButton>
      ) : (
        <ConfirmButton
          verb="Take everything back"
          ask={`${name} is told to take out everybody whom it was told of.`}
          act={async () => {
            const run = await call<Run>('POST', `/v1/destinations/${id}/withdraw?wait=1`);
            told();
            tell(deliveredWords(name, run));
          }}
        >
          Take everything back
        </ConfirmButton>
      )}
      <EndDestination id={id} name={name} />
    </div>
  );
}

/** Ends it; where it holds people still, the API says so, and then one may leave them there. */
function EndDestination({ id, name }: { id: string; name: string }) {
  const { route } = useLocation();
  const [isAsking, setIsAsking] = useState(false);
  const [holds, setHolds] = useState<string>();
  const close = () => {
    setIsAsking(false);
    setHolds(undefined);
  };
  const end = async (query: string) => {
    try {
      await call('DELETE', `/v1/destinations/${id}${query}`);
      tell(`${name} has ended.`);
      route('/console/destinations');
    } catch (error) {
      if (!(error instanceof Problem) || error.type !== 'in_use') throw error;
      setHolds(error.message);
    }
  };
  return (
    <>
      <button type="button" class="danger" onClick={() => setIsAsking(true)}>
        End the destination
      </button>
      {isAsking && (
        <Dialog title="End the destination?" close={close}>
          {holds === undefined ? (
            <p>Nothing leaves to {name} any more, and its id is never given again.</p>
          ) : (
            <div class="problem" role="alert">
              <p>{holds}</p>
              <p>Here: “Switch off” under Schedule, then “Take everything back”.</p>
            </div>
          )}
          <div class="actions">
            <ActionButton class="danger" act={() => end(holds === undefined ? '' : '?abandon=1')}>
              {holds === undefined ? 'End the destination' : 'End it, and leave its people there'}
            </ActionButton>
            <button type="button" onClick={close}>
              Leave it
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
