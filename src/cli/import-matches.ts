import { Option } from 'commander';
import type { Receipt } from '../sync/matches/receipt.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { uploadFile, uploadSummary } from './uploading.ts';
import type { ServerOptions } from './with-server.ts';

interface MatchesOptions extends ServerOptions {
  readonly partner?: string;
  readonly format?: MatchFormat;
  readonly columns?: string;
}

const MATCH_FORMATS = ['ndjson', 'tsv'] as const;
type MatchFormat = (typeof MATCH_FORMATS)[number];

const HELP = `
FILE is NDJSON or a table with tabs between its cells, also compressed (gzip); - reads standard input. A line
says who has which id with a partner: {"id":"type:uid","partner":"acme","uid":"their id"}
  id       a visitor's 11 characters, or type:uid, where type is visitor, a device id type (idfa, gaid, …) or the
           id of another partner: who is matched there is matched here too
  partner  id of a registered partner; may be left out with --partner
  uid      the id there; an empty one takes the match away

A table's first line names its columns, id, partner and uid, in any order; --columns does it for a table without
such a line. Other columns are passed over. A cell stands for itself, without quotes and escapes.

Of a visitor and a partner the last line counts. All matches of an upload can be seen at once, or none: where it
breaks off nothing is stored. A match brings no consent: an id leaves only where the visitor's own allows it.

Visitors are looked up at that moment; the ids of who is not known are not kept. The server keeps the receipt
that is printed (GET /v1/matches/UPLOAD).

The key needs the scope labels.

Examples:
  $ npx ninety import matches matches.ndjson.gz
  $ npx ninety import matches table.tsv.gz --partner acme
  $ npx ninety import matches table.txt --columns uid,-,id --partner acme --url https://audience.example.com --key KEY
  $ zcat part-*.gz | npx ninety import matches - --format tsv

${EXIT_CODES} An upload that came to its end is done, also where lines of it are malformed.
`;

/** `ninety import matches FILE`. */
export const importMatches = withServerOptions(
  newCommand('matches', 'take in match tables: who has which id with a partner', HELP),
)
  .argument('<file>', 'the file; - for standard input')
  .option('--partner <id>', 'the partner of lines that name none')
  .addOption(
    new Option(
      '--format <format>',
      'form of the file (default: tsv by its ending or with --columns)',
    ).choices(MATCH_FORMATS),
  )
  .option('--columns <names>', 'columns of a table without a first line that names them')
  .action((file: string, options: MatchesOptions) =>
    finish(async () => {
      const format = options.format ?? formatOf(file, options);
      if (format === 'ndjson' && options.columns !== undefined)
        throw new CommandError('usage', '--columns is for tables: leave it out, or say --format tsv.');
      const query = new URLSearchParams();
      if (options.partner !== undefined) query.set('partner', options.partner);
      if (options.columns !== undefined) query.set('columns', options.columns);
      await uploadFile<Receipt>(options, {
        file,
        path: `/v1/matches${query.size === 0 ? '' : `?${query}`}`,
        contentType: format === 'tsv' ? 'text/tab-separated-values' : 'application/x-ndjson',
        summary: matchesSummary,
      });
    }),
  );

const formatOf = (file: string, { columns }: MatchesOptions): MatchFormat =>
  columns !== undefined || /\.(?:tsv|tab)(?:\.gz)?$/i.test(file) ? 'tsv' : 'ndjson';

/** What became of an upload's lines, for a person. */
export const matchesSummary = (receipt: Receipt): string =>
  uploadSummary(
    receipt,
    ['of these deleted', receipt.deleted],
    'They are not kept; upload them again once they have been seen.',
    [],
    `/v1/matches/${receipt.id}`,
  );
