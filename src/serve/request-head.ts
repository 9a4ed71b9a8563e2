/** The headers that the front door reads. Others are stepped over. */
const READ = [
  'host',
  'cookie',
  'origin',
  'referer',
  'sec-gpc',
  'sec-ch-ua',
  'user-agent',
  'sec-purpose',
  'sec-fetch-site',
  'sec-fetch-mode',
  'sec-fetch-dest',
  'accept-language',
  'x-forwarded-for',
  'sec-ch-ua-mobile',
  'x-forwarded-proto',
  'sec-ch-ua-platform',
] as const;
/** What makes a request more than a plain one. */
const NOT_PLAIN = ['content-length', 'transfer-encoding', 'expect', 'upgrade'];

const PLACES: ReadonlyMap<string, number> = new Map(READ.map((name, place) => [name, place]));
const HOST = PLACES.get('host')!;
const CONNECTION = -1;
const MORE = -2;
const UNREAD = -3;

interface Name {
  readonly lower: string;
  /** As browsers write it. */
  readonly usual: string;
  /** Its place among the values, or what it means for the request. */
  readonly kind: number;
}

/** By their length, which most of the headers that nobody reads do not share. */
const NAMES: (Name[] | undefined)[] = [];
for (const [lower, kind] of [
  ...PLACES,
  ['connection', CONNECTION] as const,
  ...NOT_PLAIN.map((name) => [name, MORE] as const),
]) {
  const usual = lower.replace(/(?<![a-z])[a-z]/g, (letter) => letter.toUpperCase());
  NAMES[lower.length] = [...(NAMES[lower.length] ?? []), { lower, usual, kind }];
}

/**
 * One request with nothing behind it, its target and headers of printable ASCII: of what RFC 9112 allows, the
 * part that there is only one way to read. An empty line stands at the end and, as no line before it can be
 * empty, nowhere else.
 */
const PLAIN = /^GET \/[!-~]* HTTP\/1\.1\r\n(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t -~]*\r\n)+\r\n$/;
/** Bytes; what is longer has limits of its own. */
const MOST = 16_384;
const G = 71;
const NEWLINE = 10;

/** The head of a plain GET. */
export interface Head {
  /** Path and query. */
  readonly url: string;
  /** @param name in lower case, one of those that are read here. @throws for any other. */
  readonly header: (name: string) => string | undefined;
}

/**
 * Reads what a socket gave in one piece where that is exactly one plain GET: no body announced, nothing asked
 * but to keep the connection, no header that is read twice.
 *
 * @returns undefined for everything else, right or wrong: that is for a whole HTTP parser.
 */
export function readHead(bytes: Buffer): Head | undefined {
  const size = bytes.length;
  if (size > MOST || bytes[0] !== G || bytes[size - 1] !== NEWLINE || bytes[size - 3] !== NEWLINE)
    return undefined;
  const text = bytes.toString('latin1');
  if (!PLAIN.test(text)) return undefined;
  const urlEnd = text.indexOf(' ', 4);
  const values: (string | undefined)[] = new Array(READ.length).fill(undefined);
  for (let from = text.indexOf('\n', urlEnd) + 1; from < size - 2; ) {
    const colon = text.indexOf(':', from);
    const end = text.indexOf('\r', colon);
    const kind = kindOf(text, from, colon);
    if (kind === MORE) return undefined;
    if (kind === CONNECTION && !/^keep-alive$/i.test(trimmed(text, colon + 1, end))) return undefined;
    if (kind >= 0) {
      if (values[kind] !== undefined) return undefined;
      values[kind] = trimmed(text, colon + 1, end);
    }
    from = end + 2;
  }
  if (values[HOST] === undefined) return undefined;
  return {
    url: text.slice(4, urlEnd),
    header: (name) => {
      const place = PLACES.get(name);
      if (place === undefined) throw new Error(`the header ${name} is not among those that are read`);
      return values[place];
    },
  };
}

function kindOf(text: string, from: number, to: number): number {
  const names = NAMES[to - from];
  if (names === undefined) return UNREAD;
  for (const { lower, usual, kind } of names)
    if (text.startsWith(usual, from) || text.startsWith(lower, from)) return kind;
  const first = text.charCodeAt(from) | 32;
  const last = text.charCodeAt(to - 1) | 32;
  for (const { lower, kind } of names) {
    if (first !== lower.charCodeAt(0) || last !== lower.charCodeAt(lower.length - 1)) continue;
    if (text.slice(from, to).toLowerCase() === lower) return kind;
  }
  return UNREAD;
}

/** Without the white space around it. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

const isBlank = (code: number) => code === 32 || code === 9;
