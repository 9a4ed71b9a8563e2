import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, call } from '../api/call.ts';
import type { ShownSession } from '../api/session.ts';
import { Dialog } from '../ui/actions.tsx';
import { icon } from '../ui/icon.ts';
import { Field } from '../ui/parts.tsx';

type Done = (session: ShownSession) => void;

/** Where a key is given for a session; the page keeps neither. */
export function SignIn({ done }: { done: Done }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Ninety';
    field.current?.focus();
  }, []);
  return (
    <main class="alone">
      <div class="card">
        <h1 class="brand">
          <img src={icon} alt="" width="32" height="32" /> Ninety
        </h1>
        <p>
          Sign in with a key of scope <code>read</code>, <code>edit</code> or <code>admin</code>. The first
          start printed an admin key; who has one makes others under Keys.
        </p>
        <KeyForm done={done} field={field} />
      </div>
    </main>
  );
}

/** The session has ended while something is typed, which stays below. */
export function SignInAgain({ done, close }: { done: Done; close: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  // After the dialog has opened, which puts the focus on the first thing in it.
  useEffect(() => field.current?.focus(), []);
  return (
    <Dialog title="Your session is over" close={close}>
      <p>What you have typed is still here: sign in again, and go on with it.</p>
      <KeyForm done={done} field={field} />
    </Dialog>
  );
}

function KeyForm({ done, field }: { done: Done; field: RefObject<HTMLInputElement | null> }) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    const key = field.current?.value.trim() ?? '';
    setBusy(true);
    setProblem(undefined);
    try {
      done(await call<ShownSession>('POST', '/v1/session', { key }));
    } catch (error) {
      setProblem(asProblem(error).message);
      setBusy(false);
      field.current?.select();
    }
  };
  return (
    <form class="form sign-in" onSubmit={submit}>
      <Field
        label="Key"
        problem={problem}
        hint="It is not kept: this browser gets a session that ends by itself, and with the key."
      >
        {(ids) => (
          <input
            {...ids}
            ref={field}
            type="password"
            name="key"
            autocomplete="current-password"
            spellcheck={false}
            minLength={8}
            required
          />
        )}
      </Field>
      <button type="submit" class="primary" aria-busy={busy} disabled={busy}>
        Sign in
      </button>
    </form>
  );
}
