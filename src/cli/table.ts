/** A cell: text stands left, numbers right. */
export type Cell = string | number | null;

export const thousands = (n: number) => n.toLocaleString('en-US');

const shown = (cell: Cell) => (cell === null ? '-' : typeof cell === 'number' ? thousands(cell) : cell);

/**
 * Rows under each other, for a person: two spaces of indent, columns as wide as their widest cell.
 *
 * @param head names of the columns; none for a table that needs no names.
 */
export function table(rows: readonly (readonly Cell[])[], head?: readonly string[]): string {
  const all = head === undefined ? rows : [head, ...rows];
  const widths = (all[0] ?? []).map((_, column) =>
    Math.max(...all.map((row) => shown(row[column] ?? null).length)),
  );
  const isNumber = widths.map((_, column) => rows.some((row) => typeof row[column] === 'number'));
  return all
    .map((row) => {
      const cells = row.map((cell, column) =>
        isNumber[column] ? shown(cell).padStart(widths[column]!) : shown(cell).padEnd(widths[column]!),
      );
      return `  ${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
