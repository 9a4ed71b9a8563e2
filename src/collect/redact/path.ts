import { isSuspicious, redactUnfolded } from './redact.ts';
import { unfolded } from './unfold.ts';

/**
 * What stands behind these in a path is a user's or a person's name: `/user/john.doe/`, `/name/John`. On a
 * site's account pages it is the visitor's own, and a rule loses nothing by it, because `/user/*` matches
 * still. A byline (`/author/…`) is what the page is about, and stays.
 */
const BEFORE_NAME =
  /^(?:users?|u|profiles?|members?|username|(?:first|last|full)-?name|surname|name|benutzer|nutzer|mitglied|profil|vorname|nachname|utilisateurs?|membres?|nom|prenom|usuarios?|miembros?|perfil|nombre|apellidos?|utent[ei]|profilo|nome|cognome|gebruikers?|naam)$/i;
/** Pages of a site itself that stand where a user's name does. */
const NO_NAME =
  /^(?:account|activity|add|admin|agreement|all|auth|avatar|billing|change-password|comments|contact|create|dashboard|data|delete|details|directory|edit|experience|faq|favou?rites|feed|forgot-password|groups?|guidelines|guides?|handbook|help|history|home|inbox|index|info|interface|invite|join|list|log-?in|log-?out|manuals?|me|messages|my|new|news|notifications|offers|online|orders|overview|password|photos|posts|preferences|privacy|profile|ranking|register|registration|research|reset|reviews?|rewards|search|security|settings|sign-?in|sign-?out|sign-?up|start|stories|subscriptions|support|terms|tutorials?|update|verify|view|welcome)(?:\.[a-z]{2,5})?$/i;
const BEFORE_PHONE = /^(?:tel|telefon|telephone|phone|mobile|mobil|fax|call|whatsapp)$/i;
const BEFORE_TOKEN =
  /^(?:sid|session-?id|jsessionid|phpsessid|token|(?:access|auth|reset|invite|confirm|verify|activation)-?token|confirm|verify|activate|activation|invite|invitation|reset|unsubscribe|magic-?link|otp|api-?key|passw(?:or)?d|pwd|passwort)$/i;
const BEFORE_BOOK = /^isbn(?:-?1[03])?$/i;

const PLACEHOLDERS = /^\s*[~@]?(?:\[\w+\]\s*)+$/;
/** A login name, by the convention of web servers since the first (`/~jdoe/`), and an account's (`/@jdoe`). */
const MARKED_NAME = /^[~@](?=[\p{L}\p{N}_])[\p{L}\p{N}_.-]+$/u;
/** What the URL standard makes of an `@` as JSON writes it (`joe\u0040example.com`): the backslash is a slash to it. */
const ESCAPED_AT = /\/u0040(?=[^/])/gi;
/** A query or fragment that was encoded once too often; a question in a title (`/Who_is_it%3F`) is none. */
const ENCODED_QUERY = /[?#](?=[^?#/=\s]{1,64}=)/;

/**
 * Replaces whatever in a URL's path could name a person by placeholders, as for a text, and what only its
 * place in the path tells: names behind `/user/`, `/name/` and the like, `~name` and `@name`, short numbers
 * behind `/tel/`, short codes behind `/reset/` and `/token/`. A query that is encoded into the path ends it.
 *
 * @param path percent-encoded, as the WHATWG URL standard writes it.
 * @returns the same, segments without a finding as they were.
 */
export function redactPath(path: string): string {
  if (!isSuspicious(path) && !path.includes('~') && !TELLING_SEGMENT.test(path)) return path;
  const kept: string[] = [];
  let before = '';
  for (const segment of path.replace(ESCAPED_AT, '%40').split('/')) {
    const open = unfolded(segment);
    if (open === undefined) {
      kept.push('[token]');
      before = '';
      continue;
    }
    const query = ENCODED_QUERY.exec(open);
    const whole = query === null ? open : open.slice(0, query.index);
    const parts: string[] = [];
    for (const part of redactSegment(whole, before).split('/')) {
      before = redactPart(part, before);
      parts.push(before);
    }
    const found = parts.join('/');
    kept.push(found === open ? segment : pathEncoded(found));
    if (query !== null) break;
  }
  return kept.join('/');
}

const TELLING_SEGMENT = new RegExp(
  [BEFORE_NAME, BEFORE_PHONE, BEFORE_TOKEN]
    .map(({ source }) => source.replace(/^\^/, '/').replace(/\$$/, '/'))
    .join('|'),
  'i',
);

/** Whether a number is a book's tells only what stands before it. */
const redactSegment = (open: string, before: string) =>
  BEFORE_BOOK.test(before) ? redactUnfolded(`isbn ${open}`).slice(5) : redactUnfolded(open);

function redactPart(part: string, before: string): string {
  if (part === '' || PLACEHOLDERS.test(part)) return part;
  if (MARKED_NAME.test(part)) return `${part[0]}[name]`;
  const key = before.replace(/;.*$/s, '');
  if (BEFORE_NAME.test(key) && !NO_NAME.test(part)) return '[name]';
  if (BEFORE_PHONE.test(key) && /^\+?\d(?:[\s\-./()]{0,3}\d){5,}$/.test(part)) return '[phone]';
  if (BEFORE_TOKEN.test(key) && isCode(part)) return '[token]';
  return part;
}

/** `/reset/step2` is a page. */
const isCode = (part: string) =>
  /^\d{6,}$/.test(part) || (/^[A-Za-z0-9]{8,}$/.test(part) && /\d/.test(part) && /[a-z]/i.test(part));

const pathEncoded = (text: string) =>
  text.replace(/[^A-Za-z0-9\-._~!$&'()*+,;=:@[\]]+/g, (run) => encodeURIComponent(run));
