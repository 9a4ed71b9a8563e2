import { Readable } from 'node:stream';
import type { Receipt } from '../audience/traits/receipt.ts';
import { openLog, UnreadableLogError } from '../import/lines.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { andMore, refusedTable } from './import-summary.ts';
import { withoutApi } from './importing.ts';
import { megabytes, showProgress } from './progress.ts';
import { table, thousands } from './table.ts';
import { type Found, type ServerOptions, withServer } from './with-server.ts';

const HELP = `
FILE is NDJSON, also compressed (gzip); - reads standard input. A line says that somebody has a trait, a segment
of a second or third party: {"id":"type:uid","trait":"provider:name","expires":"2026-12-31T00:00:00Z"}
  id       type is the id of a registered partner, a device id type (idfa, gaid, ...) or visitor
  trait    the provider ([a-z0-9_-]), a colon and up to 128 characters; rules name it as {"trait":"provider:name"}
  expires  may be left out; a trait is kept for the retention at most. One that is past takes the trait
           away; without an offset it is UTC

Of a visitor and a trait the newest line counts. Estimates have the traits at once; segments whose rules name
them are built anew within a minute, where a server with the role jobs runs.

A trait is stored for the visitors that are linked with the id at that moment. The ids of all others are not
kept: when a partner's id is matched later, upload its traits again. The server keeps the receipt that is
printed (GET /v1/traits/UPLOAD). Where the upload breaks off nothing is stored.

The key needs the scope labels.

Examples:
  $ npx ninety import traits segments.ndjson.gz
  $ npx ninety import traits segments.ndjson --url https://audience.example.com --key KEY
  $ zcat part-*.gz | npx ninety import traits -

${EXIT_CODES} An upload that came to its end is done, also where lines of it are malformed.
`;

/** `ninety import traits FILE`. */
export const importTraits = withServerOptions(
  newCommand('traits', 'take in segments of second and third parties', HELP),
)
  .argument('<file>', 'the file; - for standard input')
  .action((file: string, options: ServerOptions) =>
    finish(async () => {
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
          .upload<Receipt>('/v1/traits', Readable.from(body(), { objectMode: false }), 'application/x-ndjson')
          .catch((error: unknown) => {
            if (error instanceof UnreadableLogError)
              throw new CommandError('not_finished', `${error.message}\nNothing of this upload is stored.`);
            return withoutApi(client, 'role api', error);
          })
          .finally(hide);
        process.stdout.write(traitsSummary(receipt, found));
      });
    }),
  );

/** Of each list so many are printed; the receipt has more. */
const SHOWN = 20;

/** What became of an upload's lines, for a person. */
export function traitsSummary(receipt: Receipt, found: Found): string {
  const { id, received, stored, expired, malformed, refused, unknownIds, segments } = receipt;
  const parts = [
    table([
      ['lines received', received],
      ['stored', stored],
      ['of these expired', expired],
      ['malformed', malformed.count],
    ]),
  ];
  const left = Object.entries(refused).filter(([, n]) => n > 0);
  if (left.length > 0) parts.push(refusedTable(left));
  if (unknownIds > 0)
    parts.push(
      `  Unknown ids: ${thousands(unknownIds)}. They are not kept; upload their traits again once they are matched.\n`,
    );
  if (malformed.count > 0) {
    const shown = malformed.lines.slice(0, SHOWN).map(({ line, reason }) => `line ${line} (${reason})`);
    parts.push(`  Malformed: ${andMore(shown, malformed.count)}.\n`);
  }
  if (segments.count > 0) {
    const when = found === 'started' ? 'once a server with the role jobs runs' : 'within a minute';
    parts.push(
      `  Segments with these traits, built anew ${when}: ${andMore(segments.ids.slice(0, SHOWN), segments.count)}.\n`,
    );
  }
  parts.push(`  Receipt: GET /v1/traits/${id}\n`);
  return `\n${parts.join('\n')}\n`;
}
