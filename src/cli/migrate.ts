import { EXIT_CODES, newCommand } from './command.ts';
import { configOrExit, finish } from './exit.ts';
import { adminKeyLines } from './welcome.ts';

const HELP = `
Without CLICKHOUSE_URL the schema is that of the embedded engine on NINETY_DATA, and no server may run on it.

Examples:
  $ npx ninety migrate
  $ CLICKHOUSE_URL=http://10.0.0.5:8123 CLICKHOUSE_USER=ninety CLICKHOUSE_PASSWORD=... npx ninety migrate

${EXIT_CODES}
`;

export const migrateCommand = newCommand(
  'migrate',
  'bring the database schema up to date and stop (serve does it too, at every start)',
  HELP,
).action(() =>
  finish(async () => {
    const config = await configOrExit();
    const [{ makeLog }, { serve }] = await Promise.all([import('../log.ts'), import('../serve/serve.ts')]);
    const running = await serve(
      { ...config, host: '127.0.0.1', port: 0, workers: 1, roles: new Set(['api']) },
      makeLog(config.logLevel),
      new AbortController().signal,
    );
    await running.stop();
    process.stdout.write(`${adminKeyLines(running.welcome)}  The schema is up to date.\n`);
  }),
);
