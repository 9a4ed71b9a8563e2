import { parseArgs } from 'node:util';

const WIDTH = 24;

/**
 * Reads the command line of a benchmark: numbers by name, `--short` for a run to try it with, `--help`.
 *
 * @param {object} command
 * @param {string} command.name as npm runs it, such as `bench:collect`.
 * @param {string} command.about what is measured, and how long it takes: whole lines.
 * @param {Record<string, {usual: number, short: number, least?: number, help: string}>} command.numbers
 *   by the option's name. `least`: what it must at least be, 1 where nothing is said; whole numbers from there.
 *   `fraction: true` allows others.
 * @param {string[]} [args] of the command line.
 * @returns {Record<string, number> & {short: boolean}} Ends the program after `--help` (code 0) and after
 *   something that cannot be understood (code 2).
 */
export function readOptions({ name, about, numbers }, args = process.argv.slice(2)) {
  const help = () => {
    const lines = Object.entries(numbers).map(
      ([option, { usual, short, help: what }]) =>
        `  ${`--${option} N`.padEnd(WIDTH)}${what} (${usual}; with --short ${short})`,
    );
    return `Usage: npm run ${name} -- [options]

${about.trim()}

${[...lines, `  ${'--short'.padEnd(WIDTH)}a run to try it with: its figures say little`, `  ${'--help'.padEnd(WIDTH)}this`].join('\n')}
`;
  };
  const refuse = (why) => {
    process.stderr.write(`${why}\nWhat there is: npm run ${name} -- --help\n`);
    process.exit(2);
  };
  let given;
  try {
    const strings = Object.keys(numbers).map((option) => [option, { type: 'string' }]);
    given = parseArgs({
      args,
      options: { ...Object.fromEntries(strings), short: { type: 'boolean' }, help: { type: 'boolean' } },
    }).values;
  } catch (error) {
    refuse(error.message);
  }
  if (given.help) {
    process.stdout.write(help());
    process.exit(0);
  }
  const short = given.short === true;
  const values = Object.entries(numbers).map(
    ([option, { usual, short: few, least = 1, fraction = false }]) => {
      const text = given[option];
      const value = text === undefined ? (short ? few : usual) : text === '' ? Number.NaN : Number(text);
      if (!(value >= least) || (!fraction && !Number.isInteger(value)))
        refuse(`--${option} must be a ${fraction ? '' : 'whole '}number, at least ${least}, not "${text}".`);
      return [option, value];
    },
  );
  return { ...Object.fromEntries(values), short };
}
