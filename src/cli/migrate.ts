import { Command } from 'commander';
import { makeLog } from '../serve/log.ts';
import { serve } from '../serve/serve.ts';
import { configOrExit, fail } from './exit.ts';

export const migrateCommand = new Command('migrate')
  .description('bring the database schema up to date and stop (serve does it too, at every start)')
  .action(async () => {
    const config = configOrExit();
    try {
      const running = await serve(
        { ...config, host: '127.0.0.1', port: 0, workers: 1, roles: new Set(['api']) },
        makeLog(config.logLevel),
        new AbortController().signal,
      );
      await running.stop();
      process.stdout.write('  The schema is up to date.\n');
      process.exit(0);
    } catch (error) {
      fail(error);
    }
  });
