import { Option } from 'commander';
import type { Receipt } from '../audience/labels/receipt.ts';
import type { LabelForm } from '../audience/labels/upload.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { finish } from './exit.ts';
import { andMore, refusedTable } from './import-summary.ts';
import { SHOWN, uploadFile, uploadSummary } from './uploading.ts';
import type { ServerOptions } from './with-server.ts';

interface LabelsOptions extends ServerOptions {
  readonly source?: string;
  readonly format?: LabelForm;
}

const TYPES: Readonly<Record<LabelForm, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
};

const HELP = `
FILE is NDJSON, CSV or a table with tabs, also compressed (gzip); - reads standard input. A line says what somebody
declared in a panel: {"id":"type:uid","attribute":"gender","value":"female"}
  id         type is the id of a registered partner, a device id type (idfa, gaid, …) or visitor
  attribute  gender, age, education, income, nationality, …: GET /v1/labels/attributes lists those with known values.
             Any other of a-z, 0-9 and _ is a partner's own, and so are its values
  value      one of the known values or another spelling of it: f, 34 and 30-34 are read. Who is under 18 is
             refused (minor), and so are health, religion, politics, orientation and ethnicity (special_category).
             null, in a table an empty one, takes back what the same source said

The first line of a table names its columns, id, attribute and value, in any order; others are passed over.

Two lines of an upload that say different things of one visitor under one attribute are both refused (conflict).
Later uploads replace earlier ones; where sources disagree, what was told last holds. --source names who declares the
labels; without it, it is the key's id.

Visitors are looked up at that moment; the ids of who is not known are not kept. A label is kept until its visitor
was not seen for the retention. The server keeps the receipt that is printed (GET /v1/labels/UPLOAD).

The key needs the scope labels.

Examples:
  $ npx ninety import labels panel.ndjson.gz
  $ npx ninety import labels panel.csv --source panel-co
  $ npx ninety import labels panel.tsv --url https://audience.example.com --key KEY
  $ zcat part-*.gz | npx ninety import labels - --format csv

${EXIT_CODES} An upload that came to its end is done, also where lines of it are malformed.
`;

/** `ninety import labels FILE`. */
export const importLabels = withServerOptions(
  newCommand('labels', 'take in demographics that people declared in a panel', HELP),
)
  .argument('<file>', 'the file; - for standard input')
  .option('--source <name>', 'who declares them (default: the id of the key)')
  .addOption(
    new Option('--format <format>', 'form of the file (default: by its ending, else ndjson)').choices(
      Object.keys(TYPES),
    ),
  )
  .action((file: string, options: LabelsOptions) =>
    finish(() =>
      uploadFile<Receipt>(options, {
        file,
        path: `/v1/labels${options.source === undefined ? '' : `?${new URLSearchParams({ source: options.source })}`}`,
        contentType: TYPES[options.format ?? formatOf(file)],
        summary: labelsSummary,
      }),
    ),
  );

function formatOf(file: string): LabelForm {
  const ending = /\.(csv|tsv|tab)(?:\.gz)?$/i.exec(file)?.[1]?.toLowerCase();
  return ending === undefined ? 'ndjson' : ending === 'csv' ? 'csv' : 'tsv';
}

/** What became of an upload's lines, for a person. */
export function labelsSummary(receipt: Receipt): string {
  const { id, refused, conflicts, reasons, malformed, takenBack } = receipt;
  const more = malformed.count === 0 ? [] : [refusedTable(Object.entries(reasons))];
  if (refused.conflict > 0)
    more.push(`  In conflict: line ${andMore(conflicts.slice(0, SHOWN), refused.conflict)}.\n`);
  return uploadSummary(
    receipt,
    ['of these taken back', takenBack],
    'They are not kept; upload them again once they have been seen.',
    more,
    `/v1/labels/${id}`,
  );
}
