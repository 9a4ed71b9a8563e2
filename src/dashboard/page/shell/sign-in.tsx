import { useEffect, useRef, useState } from 'preact/hooks';
import { asProblem, call } from '../api/call.ts';
import type { ShownSession } from '../api/session.ts';
import { icon } from '../ui/icon.ts';
import { Field } from '../ui/parts.tsx';

/** Where a key is given for a session; the page keeps neither. */
export function SignIn({ done }: { done: (session: ShownSession) => void }) {
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · Ninety';
    field.current?.focus();
  }, []);
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
    <main class="alone">
      <form class="card" onSubmit={submit}>
        <h1 class="brand">
          <img src={icon} alt="" width="32" height="32" /> Ninety
        </h1>
        <p>
          Sign in with a key of scope <code>read</code>, <code>edit</code> or <code>admin</code>. The first
          start printed an admin key; who has one makes others under Keys.
        </p>
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
    </main>
  );
}
