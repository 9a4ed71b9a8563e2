import { InvalidArgumentError, Option } from 'commander';
import { formatOf, HIT_FORMATS, type HitFormat, openHits } from '../import/hits-source.ts';
import { EXIT_CODES, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { runImport, siteOf } from './importing.ts';
import { type ServerOptions, withServer } from './with-server.ts';

interface HitsOptions extends ServerOptions {
  readonly site: string;
  readonly consent: 'given' | 'policy';
  readonly format?: HitFormat;
  readonly skip: number;
}

const HELP = `
FILE holds hits under the long names of POST /v1/hits (site, event, url, referrer, title, categories, keywords,
dwellMs, scroll, deviceId, deviceType, firstPartyId, tz, hitId, gdpr, gdprConsent, gpp, gppSid, usPrivacy, …)
and, as a server may say them, time, ip, userAgent and language. Its ending tells its form, or --format:
  ndjson   .ndjson, .jsonl: a JSON object a line
  csv, tsv .csv, .tsv: the first line has the names; lists with commas in a cell, props as JSON
  parquet  .parquet: a column a name; a row group of it is in memory at a time
All but Parquet may be compressed with gzip; - reads standard input (not Parquet; NDJSON unless --format says
otherwise). time is ISO 8601 or milliseconds since 1970.

A hit needs a deviceId with its deviceType or a firstPartyId, or it is refused as no_id. --consent policy lets
its own signals decide and, where it has none, the law of its address's country: without an ip that is unknown,
and a yes is needed (country_unknown). --consent given says that you have the consent of all its visitors;
they are for reckoning then, and leave under no partner's or device's ids.

A hit that comes twice counts once where it has a hitId, or a time: the same file can be imported again. Hits
older than the retention are refused as expired.

Examples:
  $ npx ninety import hits hits.ndjson.gz --site SITEKEY
  $ npx ninety import hits export.csv --site SITEKEY --consent given
  $ npx ninety import hits events.parquet --site SITEKEY --url https://audience.example.com --key KEY
  $ zcat part-*.gz | npx ninety import hits - --format tsv --site SITEKEY

${EXIT_CODES}
`;

/** `ninety import hits FILE`. */
export const importHits = withServerOptions(
  newCommand('hits', 'read a file of hits: NDJSON, CSV, TSV or Parquet', HELP),
)
  .argument('<file>', 'the file; - for standard input')
  .requiredOption(
    '--site <key>',
    'key of the site, for hits that name none (its tag and the console show it)',
  )
  .addOption(
    new Option('--format <format>', 'form of the file (default: by its ending)').choices(HIT_FORMATS),
  )
  .addOption(
    new Option('--consent <who>', 'whether you have the visitors’ consent, or signals and law decide')
      .choices(['given', 'policy'])
      .default('policy'),
  )
  .option('--skip <lines>', 'pass over so many lines, as an interrupted import says', readCount, 0)
  .action((file: string, options: HitsOptions) =>
    finish(async () => {
      const format = options.format ?? (file === '-' ? 'ndjson' : formatOf(file));
      if (format === undefined)
        throw new CommandError(
          'usage',
          `The ending of ${file} tells no form. Say it: --format ${HIT_FORMATS.join(', ')}`,
        );
      if (file === '-' && format === 'parquet')
        throw new CommandError(
          'usage',
          'Parquet is read from its end, which standard input cannot be: give a file.',
        );
      // Before a server is started for it.
      const source = await openHits(file, format, options.site);
      const unit = format === 'parquet' ? 'row' : 'line';
      await withServer(options, async (client, signal) => {
        await siteOf(client, options.site);
        await runImport(client, signal, {
          source,
          bytes: source.bytes,
          site: options.site,
          kind: options.consent === 'given' ? 'given' : 'file',
          unit,
          skip: options.skip,
          whenExpired: undefined,
          again: (line) =>
            `Go on with --skip ${line}; or import it whole again: a hit with a hitId or a time counts once.`,
        });
      });
    }),
  );

function readCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is a number of lines.');
  return Number(text);
}
