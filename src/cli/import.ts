import { Option } from 'commander';
import { AccessLogSource } from '../import/access-log-source.ts';
import { openLog } from '../import/lines.ts';
import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { importHits } from './import-hits.ts';
import { importLabels } from './import-labels.ts';
import { importMatches } from './import-matches.ts';
import { importTraits } from './import-traits.ts';
import { runImport, type ShownSite, siteOf } from './importing.ts';
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
        const site = await siteOf(client, options.site);
        const now = options.now === true;
        await runImport(client, signal, {
          source: new AccessLogSource({
            log,
            site: options.site,
            host: hostOf(site, options.host),
            now,
          }),
          bytes: log.bytes,
          site: options.site,
          kind: options.consent,
          unit: 'line',
          whenExpired: now ? undefined : EXPIRED,
          again: () => 'A new import counts them again, as other visitors.',
        });
      });
    }),
  );

const EXPIRED =
  'The log is older than the retention. With --now its times are shifted so that its newest line is now.';

export const importCommand = group('import', 'read what was recorded elsewhere', [
  accessLog,
  importHits,
  importTraits,
  importMatches,
  importLabels,
]);

const HOST = /^(?:[a-z0-9_-]+\.)*[a-z0-9_-]+(?::\d{1,5})?$|^\[[0-9a-f:.]+\](?::\d{1,5})?$/i;

function hostOf(site: ShownSite, host: string | undefined): string {
  const domain = host ?? site.domains[0] ?? 'localhost';
  return domain.includes(':') && !domain.includes('[') && host === undefined ? `[${domain}]` : domain;
}
