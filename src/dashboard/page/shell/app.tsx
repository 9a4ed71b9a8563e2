import { useLayoutEffect, useState } from 'preact/hooks';
import { asProblem, call, type Problem, SIGNED_OUT } from '../api/call.ts';
import { SessionContext, type ShownSession, type SignedIn } from '../api/session.ts';
import { Loading, ProblemNote } from '../ui/parts.tsx';
import { Toasts, tellProblem } from '../ui/toasts.tsx';
import { hasWork } from '../ui/work.ts';
import { Pages, preloadPage } from './pages.tsx';
import { SignIn, SignInAgain } from './sign-in.tsx';

/** The console: who is signed in decides what there is. */
export function App() {
  const [session, setSession] = useState<ShownSession>();
  const [problem, setProblem] = useState<Problem>();
  const [isOver, setIsOver] = useState(false);
  const ask = () => {
    setProblem(undefined);
    call<ShownSession>('GET', '/v1/session').then(setSession, (error) => setProblem(asProblem(error)));
  };
  // Before anything is painted: all that the first page shows waits for it.
  useLayoutEffect(() => {
    ask();
    preloadPage(location.pathname);
    // What somebody has typed outlives the session, which ends by itself in the middle of it.
    const over = () => (hasWork() ? setIsOver(true) : setSession(NOBODY));
    addEventListener(SIGNED_OUT, over);
    return () => removeEventListener(SIGNED_OUT, over);
  }, []);
  return (
    <>
      {session === undefined ? (
        <main class="alone">
          {problem === undefined ? <Loading /> : <ProblemNote problem={problem} retry={ask} />}
        </main>
      ) : isSignedIn(session) ? (
        <SessionContext.Provider value={signedIn(session, setSession)}>
          <Pages />
          {isOver && (
            <SignInAgain
              done={(again) => {
                setSession(again);
                setIsOver(false);
              }}
              close={() => setIsOver(false)}
            />
          )}
        </SessionContext.Provider>
      ) : (
        <SignIn done={setSession} />
      )}
      <Toasts />
    </>
  );
}

const NOBODY: ShownSession = { key: null, scopes: [], role: null, expires: null, publicUrl: null };

const isSignedIn = (session: ShownSession): session is SignedIn['session'] => session.role !== null;

const signedIn = (session: SignedIn['session'], set: (session: ShownSession) => void): SignedIn => ({
  session,
  signOut: () => void call('DELETE', '/v1/session').then(() => set(NOBODY), tellProblem),
});
