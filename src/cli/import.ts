import { text } from 'node:stream/consumers';
import { Option } from 'commander';
import { AccessLogImport } from '../import/import.ts';
import { openLog } from '../import/lines.ts';
import type { SendHits } from '../import/post-hits.ts';
import { type Client, RefusedError } from './client.ts';
import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { importSummary } from './import-summary.ts';
import { showProgress } from './progress.ts';
import { thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

interface ImportOptions extends ServerOptions {
  readonly site: string;
  readonly consent: 'given' | 'policy';
  readonly now?: true;
  readonly host?: string;
}

const HELP = `
FILE is a log in the combined or common format of Apache and nginx, also compressed (gzip); - reads standard
input. A line counts as a page view when it is a successful GET (2xx or 304) of what is no asset: no image,
style sheet, script, font, archive, media, feed or other file by its ending. Crawlers are left out.

A log has no cookies. Its visitors are a hash of address and browser under a key that is made for this import
and thrown away after it: they are for reckoning, and never leave under a partner's or a device's ids. The
same log imported twice counts twice.

--consent policy lets the law of each address's country decide; a log holds no consent, so lines from where a
yes is needed (the EEA, the UK, Switzerland, Brazil, unknown) are refused as consent_missing or
country_unknown. --consent given says that you have the consent of all its visitors.

Hits older than the retention are refused as expired. --now shifts all times by the same amount, so that the
newest line is now.

Examples:
  $ npx ninety import access-log /var/log/nginx/access.log --site SITEKEY
  $ npx ninety import access-log access.log.2.gz --site SITEKEY --consent given
  $ npx ninety import access-log old.log --site SITEKEY --now
  $ zcat logs/*.gz | npx ninety import access-log - --site SITEKEY
  $ npx ninety import access-log access.log --site SITEKEY --url https://audience.example.com --key KEY

${EXIT_CODES}
`;

const accessLog = withServerOptions(
  newCommand('access-log', 'read a web server’s log: page views, without cookies', HELP),
)
  .argument('<file>', 'the log; - for standard input')
  .requiredOption('--site <key>', 'key of the site whose log it is (its tag and the console show it)')
  .addOption(
    new Option(
      '--consent <who>',
      'whether you have the visitors’ consent, or the law of their country decides',
    )
      .choices(['given', 'policy'])
      .default('policy'),
  )
  .option('--now', 'shift the times so that the newest line is now (reads the file twice)')
  .option('--host <host>', 'host of the pages (default: the first domain of the site)')
  .action((file: string, options: ImportOptions) =>
    finish(async () => {
      if (file === '-' && options.now)
        throw new CommandError(
          'usage',
          '--now reads the log twice, which standard input cannot be: give a file.',
        );
      if (options.host !== undefined && !HOST.test(options.host))
        throw new CommandError(
          'usage',
          `--host must be a host name, such as www.example.com (it is "${options.host}").`,
        );
      // Before a server is started for it.
      const log = await openLog(file);
      await withServer(options, async (client, signal) => {
        const host = await hostOf(client, options);
        const work = new AccessLogImport({
          log,
          site: options.site,
          host,
          now: options.now === true,
          send: sender(client, options.consent),
          signal,
        });
        const hide = showProgress(work, log.bytes);
        const stopped = await work.run().finally(hide);
        const { report } = work;
        process.stdout.write(importSummary(report, options.now === true));
        await tellCounts(client, options.site, report.refusedHere, signal);
        if (stopped !== undefined)
          throw new CommandError(
            signal.aborted ? 'interrupted' : 'not_finished',
            `${signal.aborted ? 'Interrupted' : messageOf(stopped.error)}\n${howFar(stopped.line)}`,
          );
      });
    }),
  );

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const howFar = (line: number) =>
  line === 0
    ? 'No line is sure to be in.'
    : `Lines 1 to ${thousands(line)} are in, and perhaps some behind them. A new import counts them again, as other visitors.`;

export const importCommand = group('import', 'read what was recorded elsewhere', [accessLog]);

const HOST = /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i;

interface ShownSite {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly domains: readonly string[];
}

/** @throws CommandError where no site has the key, or the server cannot take an import. */
async function hostOf(client: Client, { site: key, host }: ImportOptions): Promise<string> {
  const sites = await client.list<ShownSite>('/v1/sites').catch((error: unknown) => {
    if (!(error instanceof RefusedError) || error.status !== 404) throw error;
    throw new CommandError(
      'no_api',
      `${client.url} has no API: an import needs a server with the roles collect and api (NINETY_ROLES).`,
    );
  });
  const site = sites.find((each) => each.key === key);
  if (site === undefined) {
    const known = sites.slice(0, 10).map((each) => `  ${each.key}  ${each.id} (${each.name})`);
    throw new CommandError(
      'not_found',
      `No site of ${client.url} has the key "${key}". --site takes one of these:\n${known.join('\n')}`,
    );
  }
  // Asked before the first hit: the header below is believed of an administrator's key only, and hits that
  // came without it would be those of real browsers.
  await client.json('POST', '/v1/imports', { site: key, refused: {} });
  const domain = host ?? site.domains[0] ?? 'localhost';
  return domain.includes(':') && !domain.includes('[') && host === undefined ? `[${domain}]` : domain;
}

const sender =
  (client: Client, consent: 'given' | 'policy'): SendHits =>
  async (body) => {
    const answer = await client.send('POST', '/v1/hits', { body, headers: { 'Ninety-Import': consent } });
    const retryAfter = Number(answer.header('retry-after') ?? Number.NaN);
    return {
      status: answer.status,
      text: await text(answer.body),
      retryAfter: Number.isNaN(retryAfter) ? undefined : retryAfter,
    };
  };

/** What never left this command is counted with everything else that was refused. */
async function tellCounts(
  client: Client,
  site: string,
  refusedHere: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  if (refusedHere.size === 0 || signal.aborted) return;
  await client
    .json('POST', '/v1/imports', { site, refused: Object.fromEntries(refusedHere) })
    .catch((error: Error) =>
      process.stderr.write(`  The server's counters lack what this command refused: ${error.message}\n`),
    );
}
