import type { Running } from '../serve/serve.ts';
import { EXIT_CODES, newCommand } from './command.ts';
import { configOrExit, fail } from './exit.ts';
import { adminKeyLines } from './welcome.ts';

/** From when no more hits are taken the shutdown gets so long; a second signal does not wait for it. */
const STOP_MS = 10_000;

const HELP = `
Settings come from the environment. The ones that are asked for first:
  PORT, HOST           where it listens (8090 on 127.0.0.1)
  NINETY_DATA          folder of the journal, the embedded engine and the secrets (./data)
  NINETY_ROLES         parts that this process runs (collect,api,jobs)
  NINETY_PUBLIC_URL    how browsers reach it, for tags and sync URLs
  NINETY_WORKERS       collector processes (1)
  CLICKHOUSE_URL       a ClickHouse of your own in place of the embedded engine
The README has all of them; a wrong one is named at the start, with how to mend it.

Examples:
  $ npx ninety serve
  $ PORT=80 HOST=0.0.0.0 NINETY_PUBLIC_URL=https://audience.example.com npx ninety serve
  $ NINETY_ROLES=collect CLICKHOUSE_URL=http://10.0.0.5:8123 npx ninety serve

It runs until Ctrl-C or SIGTERM, then writes what it has and stops within ten seconds; a second signal ends
it at once. With NINETY_DRAIN_SECONDS it first takes hits for so long while /readyz says 503. What a visitor was told is kept is on disk either way.
${EXIT_CODES}
`;

export const serveCommand = newCommand('serve', 'start collector, API and jobs', HELP).action(async () => {
  const config = await configOrExit();
  const [{ makeLog }, { serve }] = await Promise.all([import('../log.ts'), import('../serve/serve.ts')]);
  const log = makeLog(config.logLevel);
  const starting = new AbortController();
  let running: Running | undefined;
  let stopping = false;
  const end = async () => {
    if (stopping) {
      running?.kill();
      process.exit(1);
    }
    stopping = true;
    starting.abort();
    if (running === undefined) process.exit(0);
    const late = setTimeout(() => {
      log.error('stopping took too long; what is acknowledged is in the journal');
      running?.kill();
      process.exit(1);
    }, config.drainMs + STOP_MS);
    await running.stop();
    clearTimeout(late);
    process.exit(0);
  };
  process.on('SIGINT', () => void end());
  process.on('SIGTERM', () => void end());
  if (process.env['npm_lifecycle_event'] !== undefined) whenOrphaned(() => void end());
  try {
    running = await serve(config, log, starting.signal);
    process.stdout.write(welcomeText(running));
  } catch (error) {
    if (!stopping) fail(error);
  }
});

/** npm puts a shell between itself and us, and of the two only the shell hears a signal sent to npm. */
function whenOrphaned(end: () => void): void {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    end();
  }, 500);
  look.unref();
}

const tag = ({ url, siteKey }: Running) =>
  `<script async src="${url}/tag.js" data-site="${siteKey}"></script>`;

function welcomeText(running: Running): string {
  const { url, siteKey, welcome } = running;
  const lines = ['', '  Ninety is running.', '', `  Console    ${url}/`];
  if (siteKey !== undefined) lines.push(`  Site key   ${siteKey}`, `  Tag        ${tag(running)}`);
  return `${lines.join('\n')}\n${adminKeyLines(welcome)}\n  Ctrl-C stops it.\n\n`;
}
