import { REFUSALS } from '../collect/refusal.ts';
import type { ImportReport } from '../import/report.ts';
import { table, thousands } from './table.ts';

/**
 * What became of a log's lines, for a person.
 *
 * @param shifted whether the times were shifted to now.
 */
export function importSummary(report: ImportReport, shifted: boolean): string {
  const refused = report.refused();
  const total = refused.reduce((sum, [, n]) => sum + n, 0);
  const parts = [
    table([
      ['lines read', report.lines],
      ['hits stored', report.stored],
      ['refused', total],
    ]),
  ];
  if (refused.length > 0) parts.push(table(refused.map(([reason, n]) => [reason, n, sentenceOf(reason)])));
  const malformed = report.refusedHere.get('malformed') ?? 0;
  if (malformed > 0) {
    const more = malformed - report.malformed.length;
    parts.push(
      `  Malformed: ${malformed === 1 ? 'line' : 'lines'} ${report.malformed.join(', ')}${more > 0 ? ` and ${thousands(more)} more` : ''}.\n`,
    );
  }
  if (report.refusedByServer.has('expired') && !shifted)
    parts.push(
      '  The log is older than the retention. With --now its times are shifted so that its newest line is now.\n',
    );
  return `\n${parts.join('\n')}\n`;
}

const sentenceOf = (reason: string) =>
  Object.hasOwn(REFUSALS, reason) ? REFUSALS[reason as keyof typeof REFUSALS] : '';
