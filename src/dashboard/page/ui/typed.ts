/** How what is typed is meant. */
export type Form = 'text' | 'number' | 'words' | 'phrases' | 'json';

/**
 * What was typed, as the API takes it. What cannot be read as it is meant goes as it is typed: the API says what is
 * wrong with it.
 *
 * @returns undefined = nothing was typed.
 */
export function readTyped(text: string, form: Form): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (form === 'words') return trimmed.split(/[\s,]+/).filter((one) => one !== '');
  if (form === 'phrases') return trimmed.split(',').flatMap((one) => one.trim() || []);
  if (form === 'number') return Number.isFinite(Number(trimmed)) ? Number(trimmed) : trimmed;
  if (form === 'json') return parsed(trimmed);
  return trimmed;
}

/** A value of the API as it would be typed. */
export function typed(value: unknown, form: Form): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && form === 'words') return value.join(' ');
  if (Array.isArray(value) && form === 'phrases') return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/**
 * What to send of fields that were typed: those that are not as they were.
 *
 * @param forms by name. @param before as {@link typed} wrote them; without it nothing was there yet.
 * @returns by name its value; null takes out what was there (RFC 7396).
 */
export function changedFields(
  forms: Readonly<Record<string, Form>>,
  now: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(forms)
      .filter(([name]) => (now[name] ?? '').trim() !== (before[name] ?? '').trim())
      .map(([name, form]) => [name, readTyped(now[name] ?? '', form) ?? null]),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
