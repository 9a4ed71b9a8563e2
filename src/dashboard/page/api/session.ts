import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Role, ShownSession } from '../../../api/session.ts';

export type { Role, ShownSession } from '../../../api/session.ts';

/** Somebody is signed in. */
export interface SignedIn {
  readonly session: ShownSession & { readonly role: Role };
  readonly signOut: () => void;
}

export const SessionContext = createContext<SignedIn | undefined>(undefined);

/** Who is signed in. Only below the shell. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('no session');
  return session;
}

/** Whether what the key may do includes a scope; the API decides, this only saves a refusal. */
export function useMay(scope: string): boolean {
  const { scopes } = useSession().session;
  return scopes.includes('admin') || scopes.includes(scope) || (scope === 'read' && scopes.includes('edit'));
}

/** Where browsers reach this server: what is set, for an operator may have opened the console through a tunnel. */
export const usePublicUrl = (): string => useSession().session.publicUrl ?? location.origin;
