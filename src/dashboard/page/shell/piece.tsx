import type { ComponentType } from 'preact';
import lazy from 'preact-iso/lazy';
import { useSession } from '../api/session.ts';
import { Empty, PageHead } from '../ui/parts.tsx';
import { mayOpen, NEEDS } from './needs.ts';

/** A page whose piece of script can be asked for before it is shown. */
export type Piece = ComponentType & { readonly preload: () => unknown };

/**
 * A page that comes when it is first wanted. Where it does not come, as when the server is of a newer version than the
 * console that is open, it says so; and to who may not see it, what it needs.
 *
 * @param id of the page, where it is not for everybody.
 */
export function piece(load: () => Promise<ComponentType>, id = ''): Piece {
  const Page = lazy(() => load().catch(() => NotCome));
  const Shown = () => {
    const { scopes } = useSession().session;
    return mayOpen(scopes, id) ? <Page /> : <Closed id={id} />;
  };
  return Object.assign(Shown, { preload: Page.preload });
}

function NotCome() {
  return (
    <>
      <PageHead title="This page did not come" />
      <Empty title="The server may have become a newer version since the console was opened.">
        <p>Load the console again. If the page does not come then either, see whether the server runs.</p>
        <button type="button" class="primary" onClick={() => location.reload()}>
          Load it again
        </button>
      </Empty>
    </>
  );
}

function Closed({ id }: { id: string }) {
  return (
    <>
      <PageHead title="Not with this key" />
      <Empty title={`This page needs the scope ${NEEDS[id]}.`}>
        <p>Sign in with a key that has it, or have an admin give it to yours under Keys.</p>
      </Empty>
    </>
  );
}
