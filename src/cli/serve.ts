import { Command } from 'commander';
import { makeLog } from '../serve/log.ts';
import { type Running, serve } from '../serve/serve.ts';
import { configOrExit, fail } from './exit.ts';

/** The whole shutdown gets so long; a second signal does not wait for it. */
const STOP_MS = 10_000;

export const serveCommand = new Command('serve')
  .description('start collector, API and jobs (settings come from the environment; see the README)')
  .action(async () => {
    const config = configOrExit();
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
      }, STOP_MS);
      await running.stop();
      clearTimeout(late);
      process.exit(0);
    };
    process.on('SIGINT', () => void end());
    process.on('SIGTERM', () => void end());
    try {
      running = await serve(config, log, starting.signal);
      process.stdout.write(welcomeText(running));
    } catch (error) {
      if (!stopping) fail(error);
    }
  });

const tag = ({ url, siteKey }: Running) =>
  `<script async src="${url}/tag.js" data-site="${siteKey}"></script>`;

function welcomeText(running: Running): string {
  const { url, siteKey, welcome } = running;
  const lines = ['', '  Ninety is running.', '', `  Console    ${url}/`];
  if (siteKey !== undefined) lines.push(`  Site key   ${siteKey}`, `  Tag        ${tag(running)}`);
  if (welcome?.adminKey !== undefined)
    lines.push(
      `  Admin key  ${welcome.adminKey}`,
      '             (shown once: keep it; NINETY_ADMIN_KEY sets one of your own)',
    );
  return `${[...lines, '', '  Ctrl-C stops it.', ''].join('\n')}\n`;
}
