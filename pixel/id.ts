/** The retention: an id that is not seen again outlives no observation made under it. */
const MAX_AGE_S = 90 * 24 * 3600;

/** 20 characters, 100 random bits: nothing about the browser or the person goes into it. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(20)), (byte) => (byte & 31).toString(32)).join('');
}

/** The first-party id this browser holds in its cookie; empty where there is none. */
export function knownId(): string {
  const [, id = ''] = /(?:^|; )_n90=(\w{16,64})(?:;|$)/.exec(cookies()) || [];
  return id;
}

/**
 * Keeps the known id for another ninety days, or a new one.
 *
 * @returns the id; empty where the browser keeps none, so that no id is sent that the next page cannot repeat.
 */
export function keepId(): string {
  cookies(`${knownId() || randomId()};Max-Age=${MAX_AGE_S}`);
  return knownId();
}

/** Removes the first-party id. */
export function forgetId(): void {
  cookies(';Max-Age=0');
}

/** A sandboxed frame throws at the mere look at `document.cookie`; the hit goes without an id then. */
function cookies(write?: string): string {
  try {
    if (write) {
      const secure = location.protocol === 'https:' ? ';Secure' : '';
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent on http pages and in older browsers.
      document.cookie = `_n90=${write};Path=/;SameSite=Lax${secure}`;
    }
    return document.cookie;
  } catch {
    return '';
  }
}
