import { Command, Option } from 'commander';
import { EXIT } from './exit.ts';

/**
 * A subcommand whose wrong use ends with {@link EXIT.usage}, so that a script can tell it from a failure.
 *
 * @param help what stands under the options: examples, and what the exit codes mean where it is special.
 */
export function newCommand(name: string, description: string, help: string): Command {
  return new Command(name)
    .description(description)
    .showHelpAfterError(`(add --help for what ${name} takes)`)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage))
    .addHelpText('after', `\n${help.trim()}\n`);
}

/** The options by which a command is told where its server is. */
export const withServerOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--url <url>', 'server to speak to (default: the one on NINETY_DATA, started if none runs)'),
    )
    .addOption(
      new Option('--key <key>', 'its admin key (default: NINETY_ADMIN_KEY; not needed on NINETY_DATA)'),
    );

/** What every help text ends with. */
export const EXIT_CODES = `Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.usage} wrong use, ${EXIT.interrupted} interrupted.`;

/** A command that is only a name for others. */
export function group(name: string, description: string, members: readonly Command[]): Command {
  const command = newCommand(name, description, EXIT_CODES);
  for (const member of members) command.addCommand(member);
  return command;
}
