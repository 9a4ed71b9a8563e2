/** ClickHouse's text of a UTC moment (`2026-01-31 12:00:00.000`) as ISO 8601. */
export const iso = (text: string) => `${text.replace(' ', 'T')}Z`;
