import type { Receipt } from '../audience/traits/receipt.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { finish } from './exit.ts';
import { andMore } from './import-summary.ts';
import { SHOWN, uploadFile, uploadSummary } from './uploading.ts';
import type { Found, ServerOptions } from './with-server.ts';

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
    finish(() =>
      uploadFile<Receipt>(options, {
        file,
        path: '/v1/traits',
        contentType: 'application/x-ndjson',
        summary: traitsSummary,
      }),
    ),
  );

/** What became of an upload's lines, for a person. */
export function traitsSummary(receipt: Receipt, found: Found): string {
  const { id, expired, segments } = receipt;
  const when = found === 'started' ? 'once a server with the role jobs runs' : 'within a minute';
  return uploadSummary(
    receipt,
    ['of these expired', expired],
    'They are not kept; upload their traits again once they are matched.',
    segments.count === 0
      ? []
      : [
          `  Segments with these traits, built anew ${when}: ${andMore(segments.ids.slice(0, SHOWN), segments.count)}.\n`,
        ],
    `/v1/traits/${id}`,
  );
}
