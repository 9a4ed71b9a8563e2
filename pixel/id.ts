import { RETENTION_S } from './limits.ts';
import { UNTOLD, type Verdict } from './verdict.ts';

/** Some 38 digits, 128 random bits: nothing about the browser or the person goes into it. */
export const randomId = () => crypto.getRandomValues(new Uint32Array(4)).join('');

/**
 * The first-party id of this browser, in a cookie of the site: kept or made where that is allowed, removed
 * where it is refused, otherwise left as it is.
 *
 * @returns the id, also the one just removed; none where the browser keeps none, so that no id is sent that the
 *   next page cannot repeat.
 */
export function firstPartyId(verdict: Verdict): string | undefined {
  // With a hyphen, because an AMP page keeps its own kind of id under this name, which is taken over.
  const read = () => /\b_n90=([\w-]{16,})/.exec(document.cookie)?.[1];
  // A sandboxed frame throws at the mere look at document.cookie; the hit goes without an id then.
  try {
    const known = read();
    if (verdict !== UNTOLD) {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on http pages and in older browsers.
      document.cookie = `_n90=${known || randomId()};Max-Age=${verdict && RETENTION_S};Path=/;SameSite=Lax;${isSecureContext ? 'Secure' : ''}`;
    }
    return verdict ? read() : known;
  } catch {}
}
