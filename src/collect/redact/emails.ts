import { isIPv4 } from 'node:net';

/** What ends the local part of an address to the left: all that RFC 5321 takes only in quotes. */
const NOT_LOCAL = /[\s"<>()[\],;:\\@]/;
const DOMAIN = /\[(?:ipv6:)?[\da-f:.]{2,45}\]|[\p{L}\p{N}.-]+/iuy;

/** Replaces e-mail addresses by `[email]`, also those that are written around their `@`. */
export function redactEmails(text: string): string {
  const plain = text.includes('@') ? redactPlain(text) : text;
  if (!isSpelled(plain)) return plain;
  const spelt = spelled(plain);
  const found = redactPlain(spelt);
  return found === spelt ? plain : found;
}

/**
 * By hand and not by a pattern: `local@domain` as a pattern takes quadratic time on a long run without an
 * `@` behind it, and a bound on the local part would leave the head of a longer one standing.
 */
function redactPlain(text: string): string {
  let out = '';
  let done = 0;
  for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
    if (at < done) continue;
    DOMAIN.lastIndex = at + 1;
    const domain = mailDomain(DOMAIN.exec(text)?.[0] ?? '');
    let start = at;
    if (text[at - 1] === '"') start = Math.max(done, text.lastIndexOf('"', at - 2));
    else while (start > done && !NOT_LOCAL.test(text[start - 1]!)) start--;
    // `@alice` is a handle; but `%0a@example.com` is an address, whose local part decoding has taken away.
    const isHandle = (start >= at || text[at - 1] === '/') && !domain.includes('.');
    if (isHandle || domain === '') continue;
    start = startOfUserInfo(text, start, done);
    out += `${text.slice(done, start)}[email]`;
    done = at + 1 + domain.length;
  }
  return out + text.slice(done);
}

/** `joe:secret@host`: the name before the colon goes with the password. `mailto:` is no name. */
function startOfUserInfo(text: string, start: number, done: number): number {
  if (start <= done || text[start - 1] !== ':') return start;
  let from = start - 1;
  while (from > done && /[^\s/@:]/.test(text[from - 1]!)) from--;
  const isName = from === 0 || text[from - 1] === '/';
  return isName && !/^(?:mailto|sip|xmpp|acct)$/i.test(text.slice(from, start - 1)) ? from : start;
}

const TO_TOP_LEVEL = /^(?:[\p{L}\p{N}-]+\.)+(?:xn--[\p{L}\p{N}]+|\p{L}[\p{L}\p{N}]+)/u;

/**
 * The domain that a run of letters, digits, dots and hyphens begins with: `example.org` of `example.org-now` and
 * of `example.org.2024`. Empty for none; `name@18.2.0` is a package's version.
 */
function mailDomain(run: string): string {
  const domain = run.replace(/[.-]+$/, '');
  if (domain.startsWith('[') || isIPv4(domain)) return domain;
  const host = /^[^.]*/.exec(domain)![0];
  return TO_TOP_LEVEL.exec(domain)?.[0] ?? (/\p{L}/u.test(host) ? host : '');
}

const AT_IN_BRACKETS = /\s{0,2}[([{<]\s{0,2}(?:at|ät|arroba|@)\s{0,2}[)\]}>]\s{0,2}/gi;
const DOT_IN_BRACKETS = /\s{0,2}[([{<]\s{0,2}(?:dot|punkt|point|punto|\.)\s{0,2}[)\]}>]\s{0,2}/gi;
const AT_WITH_SPACE = /(?:\s{1,2}@\s{0,2}|@\s{1,2})(?=[\p{L}\p{N}-]{1,63}\.\p{L}{2})/gu;
const TOP_LEVELS =
  '(?:com|net|org|edu|gov|info|biz|io|co|app|dev|eu|uk|us|ca|au|jp|in|de|at|ch|fr|it|es|pt|nl|be|pl|cz|se|no|dk|fi|ru|ua|cn|br|mx|me|example)(?![\\p{L}\\p{N}])';
const AT_BEFORE_DOT = new RegExp(
  `[-_ ](?:at|arroba)[-_ ](?=[\\p{L}\\p{N}_-]{1,63}[-_ ](?:dot|punkt|point|punto)[-_ ]${TOP_LEVELS})`,
  'giu',
);
const DOT_AS_WORD = /[-_ ](?:dot|punkt|point|punto)[-_ ](?=\p{L}{2})/giu;
/** Where most of the world's mail lives: in a slug `joe-at-gmail-com` is nothing else. */
const AT_MAILBOX =
  /[-_ ]at[-_ ](gmail|googlemail|hotmail|outlook|live|msn|yahoo|ymail|icloud|me|aol|gmx|web|proton|protonmail|mail|yandex|qq|163|t-online|orange|wanadoo|libero)[-_. ](com|net|org|de|at|ch|fr|it|es|nl|pl|ru|cn|me|(?:co[-_.])?(?:uk|jp|in))(?![\p{L}\p{N}])/giu;

const IN_BRACKETS = /[([{<]\s{0,2}(?:at|ät|arroba|@)\s{0,2}[)\]}>]/i;
const AS_WORD = /[-_ ](?:at|arroba)[-_ ]/i;
const BEHIND_WORD =
  /[-_. ](?:dot|punkt|point|punto|com|net|org|de|at|ch|fr|it|es|nl|pl|ru|cn|me|uk|jp|in)(?![a-z])/i;

/** Whether a text may hold an `@` in words. Most titles with an `at` in them are told by the second look. */
export const isSpelled = (text: string): boolean =>
  IN_BRACKETS.test(text) || /\s@|@\s/.test(text) || (AS_WORD.test(text) && BEHIND_WORD.test(text));

/** With the `@` and the dots that somebody has written as words. */
const spelled = (text: string) =>
  text
    .replace(AT_IN_BRACKETS, '@')
    .replace(DOT_IN_BRACKETS, '.')
    .replace(AT_WITH_SPACE, '@')
    .replace(AT_MAILBOX, '@$1.$2')
    .replace(AT_BEFORE_DOT, '@')
    .replace(DOT_AS_WORD, '.');
