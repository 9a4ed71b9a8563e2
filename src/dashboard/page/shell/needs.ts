/** For whom a page is, where it is not for everybody who may read: the scope that it needs, by its id. */
export const NEEDS: Readonly<Record<string, string>> = {
  keys: 'admin',
  audit: 'admin',
  settings: 'admin',
  visitors: 'visitors',
};

/** @param scopes of the key that is signed in with. @param id of a page. */
export function mayOpen(scopes: readonly string[], id: string): boolean {
  const need = NEEDS[id];
  return need === undefined || scopes.includes('admin') || scopes.includes(need);
}
