import { REFUSALS } from '../collect/refusal.ts';
import type { ImportReport } from '../import/report.ts';
import { table, thousands } from './table.ts';

/**
 * What became of a file's lines, for a person.
 *
 * @param unit what the file is made of.
 * @param whenExpired what to say where hits were older than the retention.
 */
export function importSummary(
  report: ImportReport,
  unit: 'line' | 'row',
  whenExpired: string | undefined,
): string {
  const refused = report.refused();
  const total = refused.reduce((sum, [, n]) => sum + n, 0);
  const parts = [
    table([
      [`${unit}s read`, report.lines],
      ['hits stored', report.stored],
      ['refused', total],
    ]),
  ];
  if (refused.length > 0) parts.push(refusedTable(refused));
  const malformed = report.refusedHere.get('malformed') ?? 0;
  if (malformed > 0)
    parts.push(
      `  Malformed: ${malformed === 1 ? unit : `${unit}s`} ${andMore(report.malformed, malformed)}.\n`,
    );
  if (report.refusedByServer.has('expired') && whenExpired !== undefined) parts.push(`  ${whenExpired}\n`);
  return `\n${parts.join('\n')}\n`;
}

/** How many there are of each reason, with what it means. */
export const refusedTable = (refused: readonly (readonly [string, number])[]): string =>
  table(refused.map(([reason, n]) => [reason, n, sentenceOf(reason)]));

/**
 * A list of which only the first are shown.
 *
 * @param count of all.
 */
export function andMore(shown: readonly (string | number)[], count: number): string {
  const more = count - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${thousands(more)} more` : ''}`;
}

const sentenceOf = (reason: string) =>
  Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason as keyof typeof REFUSALS] : '';
