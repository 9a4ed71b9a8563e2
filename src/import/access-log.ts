import { isIP } from 'node:net';

/** One line of a web server's log, as far as an import needs it. */
export interface LogLine {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The request line as the browser sent it, such as `GET /blog/ HTTP/1.1`. */
  readonly request: string;
  readonly status: number;
  /** Empty where the browser sent none; undefined where the format has no such field. */
  readonly referrer: string | undefined;
  readonly userAgent: string | undefined;
}

/**
 * Reads a line of Apache's and nginx's combined log format, or of the common format, which ends before
 * referrer and browser. Fields that a server writes behind those are passed over. By hand and in one pass,
 * because the text is anybody's: a browser writes its own request line, referrer and name.
 *
 * @param line without its line end; the caller bounds its length.
 * @returns undefined where it is no such line. So is one that begins with a host name in place of an
 *   address: its country could not be told.
 * @see https://httpd.apache.org/docs/current/mod/mod_log_config.html
 */
export function parseLine(line: string): LogLine | undefined {
  const space = line.indexOf(' ');
  const address = line.slice(0, Math.max(space, 0));
  // A user name may hold spaces, so what stands between the address and the time is not counted in fields.
  const open = line.indexOf(' [', space);
  if (isIP(address) === 0 || open <= space) return undefined;
  const close = line.indexOf('] "', open);
  if (close === -1) return undefined;
  const time = parseTime(line.slice(open + 2, close));
  const request = quoted(line, close + 2);
  if (time === undefined || request === undefined) return undefined;
  const numbers = /^ (\d{3}) (?:\d{1,19}|-)(?= |$)/.exec(line.slice(request.end, request.end + 26));
  if (numbers === null) return undefined;
  const common = { address, time, request: request.text, status: Number(numbers[1]) };
  const rest = request.end + numbers[0].length;
  if (rest === line.length) return { ...common, referrer: undefined, userAgent: undefined };
  const referrer = quoted(line, rest + 1);
  const userAgent = referrer && line[referrer.end] === ' ' ? quoted(line, referrer.end + 1) : undefined;
  if (referrer === undefined || userAgent === undefined) return undefined;
  if (userAgent.end < line.length && line[userAgent.end] !== ' ') return undefined;
  return { ...common, referrer: given(referrer.text), userAgent: given(userAgent.text) };
}

/** A header that did not come is written as a dash. */
const given = (text: string) => (text === '-' ? '' : text);

const BACKSLASH = 92;
const QUOTE = 34;

/** The text in quotes that opens at `at`, and where the line goes on behind it. */
function quoted(line: string, at: number): { text: string; end: number } | undefined {
  if (line.charCodeAt(at) !== QUOTE) return undefined;
  let escaped = false;
  for (let end = at + 1; end < line.length; end++) {
    const code = line.charCodeAt(end);
    if (code === BACKSLASH) {
      escaped = true;
      end++;
    } else if (code === QUOTE) {
      const text = line.slice(at + 1, end);
      return { text: escaped ? unescaped(text) : text, end: end + 1 };
    }
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', v: '\v' };

/** Both servers write bytes they do not print as `\xhh`; the bytes of a letter beyond ASCII stand in a row. */
function unescaped(text: string): string {
  return text
    .replace(/(?:\\x[0-9a-f]{2})+/gi, (run) => Buffer.from(run.replaceAll('\\x', ''), 'hex').toString('utf8'))
    .replace(/\\(.)/g, (_, c: string) => ESCAPES[c] ?? c);
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const TIME = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;

/** `17/May/2015:10:05:03 +0000`, put into the form of RFC 3339, whose days and hours the platform checks. */
function parseTime(text: string): number | undefined {
  const [, day, monthName = '', year, clock, hours, minutes] = TIME.exec(text) ?? [];
  const month = MONTHS.indexOf(monthName) + 1;
  if (month === 0) return undefined;
  const time = Date.parse(`${year}-${String(month).padStart(2, '0')}-${day}T${clock}${hours}:${minutes}`);
  return Number.isNaN(time) || new Date(Date.UTC(Number(year), month, 0)).getUTCDate() < Number(day)
    ? undefined
    : time;
}
