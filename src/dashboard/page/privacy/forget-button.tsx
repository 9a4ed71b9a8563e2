import { call } from '../api/call.ts';
import { ConfirmButton } from '../ui/actions.tsx';
import { tell } from '../ui/toasts.tsx';

/** Forgets whoever is known under an id, once somebody has said so twice. @param done is told when it is under way. */
export function ForgetButton({ id, done }: { id: string; done: () => Promise<unknown> }) {
  return (
    <ConfirmButton
      verb="Forget this person"
      disabled={id === ''}
      ask={`Everything that is known under ${id} goes, in every segment and destination. It cannot be taken back.`}
      act={async () => {
        await call('DELETE', `/v1/visitors/${encodeURIComponent(id)}`);
        await done();
        tell('Hidden now; the receipt under Privacy shows the rest, step by step.');
      }}
    >
      Forget
    </ConfirmButton>
  );
}
