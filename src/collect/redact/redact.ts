import { redactAddresses } from './addresses.ts';
import { isSpelled, redactEmails } from './emails.ts';
import { redactIbans } from './ibans.ts';
import { redactNumbers } from './numbers.ts';
import { redactParameters } from './parameters.ts';
import { redactTokens } from './tokens.ts';
import { unfolded } from './unfold.ts';

/** Nothing of what is looked for is without one of these, and most paths and titles are: one linear look. */
const SUSPICIOUS = /[@%=\d\\]|&(?:#|commat|period)|[^\x20-\x7e]|:[^\s]|[A-Za-z]{16}|[a-z][A-Z]/;

/** Whether {@link redactText} need look at a text. */
export const isSuspicious = (text: string): boolean => SUSPICIOUS.test(text) || isSpelled(text);

/**
 * Replaces whatever in a text could name a person by placeholders (`[email]`, `[phone]`, `[name]`, `[token]`,
 * `[ip]`, …), and takes the queries from the URLs in it. Text in which nothing is found stays as it was
 * written; otherwise the unfolded text is what remains. Applied to its own result it changes nothing.
 */
export function redactText(text: string): string {
  if (!isSuspicious(text)) return text;
  // Before decoding makes spaces in a query, which would end it.
  const bare = withoutQueries(redactParameters(text));
  const open = unfolded(bare);
  if (open === undefined) return '[token]';
  const found = redactUnfolded(open);
  return found === open ? bare : found;
}

/** Two are common; a text made to need one for each of its characters would take quadratic time. */
const MAX_ROUNDS = 16;

/** The same for a text that {@link unfolded} has read. */
export function redactUnfolded(open: string): string {
  let found = open;
  let rounds = 0;
  // Until nothing changes, because a placeholder moves the borders of what stood beside it.
  for (let next = redactOnce(found); next !== found; next = redactOnce(found)) {
    if (++rounds > MAX_ROUNDS) return '[token]';
    found = next;
  }
  return found;
}

/** What has a more telling name goes first: an account's number would be a token or a phone number too. */
function redactOnce(text: string): string {
  const s = redactEmails(withoutQueries(redactParameters(text)));
  if (s.length < MIN_LENGTH) return s;
  return redactNumbers(redactTokens(redactAddresses(redactIbans(s))));
}

/** Of the shortest number that is replaced, `1.1.1.1` being an address. */
const MIN_LENGTH = 6;

const URL_IN_TEXT = /(https?:\/\/)([^\s"<>]+)/gi;
/** A question that a title asks has a space or nothing behind its mark. */
const QUERY_IN_TEXT = /\?[\w.%[\]-]{1,40}=\S*/g;

/** Of an address in a text what {@link scrubUrl} would leave: no user info, query or fragment. */
function withoutQueries(text: string): string {
  const bare = text.includes('://') ? text.replace(URL_IN_TEXT, bareUrl) : text;
  return bare.includes('?') ? bare.replace(QUERY_IN_TEXT, '') : bare;
}

function bareUrl(_: string, scheme: string, rest: string): string {
  const place = rest.replace(/[?#].*$/s, '');
  const authority = place.replace(/\/.*$/s, '');
  return scheme + place.slice(authority.lastIndexOf('@') + 1);
}
