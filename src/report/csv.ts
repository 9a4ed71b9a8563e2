import { csvCell } from '../delivery/files/text.ts';

/**
 * A table as CSV (RFC 4180), its first line the names of its columns.
 *
 * @param rows cells in the order of the columns; null = not known, an empty cell.
 */
export const csv = (
  columns: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string =>
  [columns, ...rows].map((row) => `${row.map((value) => csvCell(value ?? '')).join(',')}\r\n`).join('');
