/** Endings of page addresses; `.html` at the end of a path does not make the page one about HTML. */
const PAGE_ENDING = /(?:\.(?:x?html?|shtml|php\d?|aspx?|jspx?|jsf|cfm|cgi|do|pdf|txt|xml|xsl|md))+\/?$/i;

const INNER_CAPITAL = /\p{Ll}\p{Lu}/u;
const CAMEL_BOUNDARY = /(?<=\p{Ll})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const ASCII = /^\p{ASCII}*$/u;

/**
 * Lower case without accents: `Fußball` and `FUSSBALL` are `fussball`, `Küche` is `kuche`.
 * A path often holds what its author could type, so words and pages meet without accents.
 */
export function fold(text: string): string {
  const lower = text.toLowerCase();
  return ASCII.test(lower) ? lower : lower.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ß', 'ss');
}

/**
 * The folded tokens of a text, in its order.
 *
 * @param text a title, or a path that went through {@link readablePath}.
 * @param isWord whether a folded token stands in the dictionary: `JavaScript` and `iPhone` stay whole,
 *   `FootballNews` falls apart.
 */
export function tokens(text: string, isWord: (token: string) => boolean): string[] {
  const found: string[] = [];
  // `Women's` and `womens`, the way of an address, are one word.
  for (const piece of text.replace(/['’](?=s\b)/g, '').match(/[\p{L}\p{M}\p{N}]+/gu) ?? []) {
    const whole = fold(piece);
    if (INNER_CAPITAL.test(piece) && !forms(whole).some(isWord))
      found.push(...piece.split(CAMEL_BOUNDARY).map(fold));
    else found.push(whole);
  }
  return found;
}

/** A path without its page ending and with its escapes read, as far as they can be. */
export function readablePath(path: string): string {
  const plain = path.replace(PAGE_ENDING, '');
  return plain.includes('%') ? plain.replace(/(?:%[0-9a-f]{2})+/gi, decoded) : plain;
}

/** An escape that is no UTF-8 (old sites write Latin-1) parts words, like any other sign. */
function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes);
  } catch {
    return ' ';
  }
}

/** A token and the singulars that it may be the plural of, the likeliest first. */
export function forms(token: string): readonly string[] {
  if (token.length < 4 || !token.endsWith('s') || /(?:ss|us|is)$/.test(token)) return [token];
  const singular = token.slice(0, -1);
  if (token.endsWith('ies')) return [token, singular, `${token.slice(0, -3)}y`];
  if (/(?:ch|sh|x|z|s|o)es$/.test(token)) return [token, singular, token.slice(0, -2)];
  return [token, singular];
}
