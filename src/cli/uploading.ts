import { Readable } from 'node:stream';
import { openLog, UnreadableLogError } from '../import/lines.ts';
import type { Receipt } from '../upload/receipt.ts';
import { CommandError } from './exit.ts';
import { andMore, refusedTable } from './import-summary.ts';
import { withoutApi } from './importing.ts';
import { megabytes, showProgress } from './progress.ts';
import { table, thousands } from './table.ts';
import { type Found, type ServerOptions, withServer } from './with-server.ts';

/** An upload of a file's lines. */
export interface FileUpload<R extends Receipt> {
  /** A path, or `-` for standard input. */
  readonly file: string;
  /** With its query. */
  readonly path: string;
  readonly contentType: string;
  /** What to print of the receipt. */
  readonly summary: (receipt: R, found: Found) => string;
}

/**
 * Sends a file to the server as it is read, shows how far it is, and prints what became of it.
 *
 * @throws CommandError, RefusedError, UnreachableError
 */
export async function uploadFile<R extends Receipt>(
  options: ServerOptions,
  { file, path, contentType, summary }: FileUpload<R>,
): Promise<void> {
  // Before a server is started for it.
  const log = await openLog(file);
  await withServer(options, async (client, signal, found) => {
    const reading = log.readText(signal);
    let sent = 0;
    let isSent = false;
    const body = async function* () {
      for await (const piece of reading.pieces) {
        sent += Buffer.byteLength(piece);
        yield piece;
      }
      isSent = true;
    };
    const hide = showProgress({
      bytes: log.bytes,
      bytesRead: reading.bytesRead,
      what: () => (isSent ? 'storing' : 'uploading'),
      howFar: () => `${megabytes(sent)} of text sent`,
    });
    const receipt = await client
      .upload<R>(path, Readable.from(body(), { objectMode: false }), contentType)
      .catch((error: unknown) => {
        if (error instanceof UnreadableLogError)
          throw new CommandError('not_finished', `${error.message}\nNothing of this upload is stored.`);
        return withoutApi(client, 'role api', error);
      })
      .finally(hide);
    process.stdout.write(summary(receipt, found));
  });
}

/** Of each list so many are printed; the receipt has more. */
export const SHOWN = 20;

/**
 * What became of an upload's lines, for a person.
 *
 * @param counted what is to be said of the stored lines: a name and a number.
 * @param whenUnknown what to do about ids that are not known.
 * @param more paragraphs behind that.
 * @param where its receipt can be read.
 */
export function uploadSummary(
  { received, stored, malformed, refused, unknownIds }: Receipt,
  counted: readonly [string, number],
  whenUnknown: string,
  more: readonly string[],
  where: string,
): string {
  const parts = [
    table([['lines received', received], ['stored', stored], [...counted], ['malformed', malformed.count]]),
  ];
  const left = Object.entries(refused).filter(([, n]) => n > 0);
  if (left.length > 0) parts.push(refusedTable(left));
  if (unknownIds > 0) parts.push(`  Unknown ids: ${thousands(unknownIds)}. ${whenUnknown}\n`);
  if (malformed.count > 0) {
    const shown = malformed.lines.slice(0, SHOWN).map(({ line, reason }) => `line ${line} (${reason})`);
    parts.push(`  Malformed: ${andMore(shown, malformed.count)}.\n`);
  }
  parts.push(...more, `  Receipt: GET ${where}\n`);
  return `\n${parts.join('\n')}\n`;
}
