import { migrateCommand } from './migrate.ts';
import { serveCommand } from './serve.ts';

/** The `ninety` command's subcommands, in the order in which help lists them. */
export const commands = [serveCommand, migrateCommand];
