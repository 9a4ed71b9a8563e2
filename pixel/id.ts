import { quietly } from './quietly.ts';

/** Some 38 digits, 128 random bits: nothing about the browser or the person goes into it. */
export const randomId = () => crypto.getRandomValues(new Uint32Array(4)).join('');

/**
 * The cookie of the site in which the first-party id of this browser is kept, or the mark of an opt-out.
 *
 * @param value what to keep from now on; without it the cookie is only read.
 * @param seconds to live; with 0 the cookie is removed.
 * @returns what it holds now; a sandboxed frame throws at the mere look, and has none.
 */
export const cookie = quietly((value?: unknown, seconds?: number) => {
  // The attribute `false` is none that a browser knows.
  if (value)
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on http pages and in older browsers.
    document.cookie = `_n90=${value};Max-Age=${seconds};Path=/;SameSite=Lax;${isSecureContext && 'Secure'}`;
  // With a hyphen, because an AMP page keeps its own kind of id under this name, which is taken over.
  return /\b_n90=(0\b|[\w-]{16,})/.exec(document.cookie)?.[1];
});
