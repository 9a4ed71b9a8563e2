import { useState } from 'preact/hooks';
import { call } from '../api/call.ts';
import { useSession } from '../api/session.ts';
import { useAll } from '../api/use-all.ts';
import { ConfirmButton, Copyable, Dialog } from '../ui/actions.tsx';
import { Card, Empty, Moment, PageHead, Read, Table } from '../ui/parts.tsx';
import { tell } from '../ui/toasts.tsx';
import { KeyForm } from './key-form.tsx';
import type { ShownKey } from './shown.ts';

/** Who may do what. */
export function Keys() {
  const keys = useAll<ShownKey>('/v1/keys');
  const own = useSession().session.key?.id;
  const [adding, setAdding] = useState(false);
  const [changed, setChanged] = useState<string>();
  const [renewed, setRenewed] = useState<ShownKey>();
  const changing = keys.value?.find(({ id }) => id === changed);
  return (
    <>
      <PageHead title="Keys">
        <button type="button" class="primary" onClick={() => setAdding(true)}>
          New key
        </button>
      </PageHead>
      {adding && (
        <Dialog title="New key" close={() => setAdding(false)}>
          <NewKey made={keys.reload} />
        </Dialog>
      )}
      {renewed !== undefined && (
        <Dialog title={`Renew ${renewed.name}`} close={() => setRenewed(undefined)}>
          <NewKey like={renewed} made={keys.reload} />
        </Dialog>
      )}
      {changing !== undefined && (
        <Dialog title={`Edit ${changing.name}`} close={() => setChanged(undefined)}>
          <KeyForm
            of={changing}
            done={async () => {
              setChanged(undefined);
              await keys.reload();
              tell(`What the key ${changing.name} may is changed.`);
            }}
          />
        </Dialog>
      )}
      <Card title="Keys">
        <Read of={keys}>
          {(items) =>
            items.length === 0 ? (
              <Empty title="No key is stored: there is only the one of the environment.">
                <p>Make one for each person and program, with no more scopes than they need.</p>
              </Empty>
            ) : (
              <Table label="Keys" head={['Key', 'Scopes', 'Last used', 'What to do', 'Changed']}>
                {items.map((key) => (
                  <tr key={key.id}>
                    <th scope="row">
                      {key.name} {key.id === own && <span class="tag">yours</span>}
                      <span class="why">
                        <code>{key.id}</code>
                      </span>
                    </th>
                    <td>
                      {key.scopes.map((scope) => (
                        <span class="tag" key={scope}>
                          {scope}
                        </span>
                      ))}
                    </td>
                    <td>{key.lastUsed === null ? '–' : <Moment at={key.lastUsed} />}</td>
                    <td>
                      <div class="actions">
                        <button
                          type="button"
                          class="quiet"
                          onClick={() => void keys.reload().then(() => setChanged(key.id))}
                        >
                          Edit <span class="unseen">the key {key.name}</span>
                        </button>
                        <button type="button" class="quiet" onClick={() => setRenewed(key)}>
                          Renew <span class="unseen">the key {key.name}</span>
                        </button>
                        <EndKey of={key} ended={keys.reload} />
                      </div>
                    </td>
                    <td>
                      <Moment at={key.updatedAt} />
                    </td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Read>
      </Card>
    </>
  );
}

function EndKey({ of: { id, name }, ended }: { of: ShownKey; ended: () => Promise<void> }) {
  return (
    <ConfirmButton
      verb={`End the key ${name}`}
      ask="Whoever uses it is refused from now on, sessions of this console that were begun with it end too."
      act={async () => {
        await call('DELETE', `/v1/keys/${id}`);
        await ended();
        tell(`The key ${name} has ended.`);
      }}
    >
      End <span class="unseen">the key {name}</span>
    </ConfirmButton>
  );
}

/** @param like the key that it is to take the place of; both hold until somebody ends the old one. */
function NewKey({ like, made }: { like?: ShownKey; made: () => Promise<void> }) {
  const [key, setKey] = useState<string>();
  if (key === undefined)
    return (
      <KeyForm
        like={like}
        done={async (shown) => {
          setKey(shown);
          await made();
        }}
      />
    );
  return (
    <div class="form">
      <p role="status">This is the key. It is shown this once, and kept only as a hash.</p>
      <Copyable text={key} label="the key" />
      {like !== undefined && (
        <p>
          {like.name} holds still. Hand this one out, wait until that one is used no more (“Last used”), then
          end it.
        </p>
      )}
    </div>
  );
}
