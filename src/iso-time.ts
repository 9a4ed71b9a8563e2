const FORM = /^(\d{4}-\d\d-(\d\d))(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * Reads a date, or a date with a time, of ISO 8601 as RFC 3339 writes them.
 *
 * @param text `2026-01-31`, `2026-01-31T09:30`, `2026-01-31T09:30:00.5+01:00`; without an offset it is UTC,
 *   whatever the server's own zone, and a day alone is its beginning.
 * @returns milliseconds since 1970; undefined for another form, and for a moment that there is not.
 */
export function readIsoTime(text: string): number | undefined {
  const form = FORM.exec(text);
  if (form === null) return undefined;
  const [whole, day, ofMonth, offset] = form;
  const time = Date.parse(offset === undefined && whole !== day ? `${whole}Z` : whole);
  // The 31st of February would be taken for a day in March.
  return Number.isNaN(time) || new Date(day!).getUTCDate() !== Number(ofMonth) ? undefined : time;
}
