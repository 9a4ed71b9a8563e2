import type { Command } from 'commander';

/** The `ninety` command's subcommands by their name, in the order in which help lists them. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.ts')).serveCommand,
  migrate: async () => (await import('./migrate.ts')).migrateCommand,
  import: async () => (await import('./import.ts')).importCommand,
  build: async () => (await import('./build.ts')).buildCommand,
  export: async () => (await import('./export.ts')).exportCommand,
  keys: async () => (await import('./keys.ts')).keysCommand,
  partners: async () => (await import('./partners.ts')).partnersCommand,
  destinations: async () => (await import('./destinations.ts')).destinationsCommand,
  taxonomy: async () => (await import('./taxonomy.ts')).taxonomyCommand,
  segments: async () => (await import('./segments.ts')).segmentsCommand,
  journal: async () => (await import('./journal.ts')).journalCommand,
  status: async () => (await import('./status.ts')).statusCommand,
};

/**
 * The subcommands that a call needs: the one that its first argument names, because loading what all of them stand
 * on takes longer than most of them do; else all, for the help and for what was meant by a name that there is not.
 *
 * @param first the first argument, where there is one.
 */
export function commandsFor(first: string | undefined): Promise<Command[]> {
  const named = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return Promise.all((named === undefined ? Object.values(COMMANDS) : [named]).map((load) => load()));
}
