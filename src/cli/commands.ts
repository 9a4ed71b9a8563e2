import { buildCommand } from './build.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { journalCommand } from './journal.ts';
import { keysCommand } from './keys.ts';
import { migrateCommand } from './migrate.ts';
import { partnersCommand } from './partners.ts';
import { segmentsCommand } from './segments.ts';
import { serveCommand } from './serve.ts';
import { statusCommand } from './status.ts';
import { taxonomyCommand } from './taxonomy.ts';

/** The `ninety` command's subcommands, in the order in which help lists them. */
export const commands = [
  serveCommand,
  migrateCommand,
  importCommand,
  buildCommand,
  exportCommand,
  keysCommand,
  partnersCommand,
  taxonomyCommand,
  segmentsCommand,
  journalCommand,
  statusCommand,
];
