import { parseArgs } from 'node:util';
import { SCENARIOS } from './scenarios.mjs';

const WIDTH = 88;
const INDENT = 12;

/**
 * Reads the command line of the seeder.
 *
 * @param {string[]} args
 * @returns what was asked for: `{help}`, or `{name, people?, url?, key?}`.
 * @throws Error with a sentence where it is not understood.
 */
export function readOptions(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      people: { type: 'string' },
      url: { type: 'string' },
      key: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const { help, people, url, key } = values;
  const [name, ...more] = positionals;
  if (help) return { help };
  if (name === undefined) throw new Error('Which scenario?');
  if (!Object.hasOwn(SCENARIOS, name)) throw new Error(`There is no scenario "${name}".`);
  if (more.length > 0) throw new Error(`One scenario at a time, and not "${more.join(' ')}" beside it.`);
  if (people !== undefined && !/^[1-9]\d{0,5}$/.test(people))
    throw new Error(`--people must be a whole number from 1 to 999999, not "${people}".`);
  if ((url === undefined) !== (key === undefined)) throw new Error('--url and --key belong together.');
  return { name, url, key, ...(people === undefined ? {} : { people: Number(people) }) };
}

export const usage = () => `Usage: npm run seed -- <scenario> [options]

Fills a server that runs, and has nothing of the same yet, with made-up people:

${Object.entries(SCENARIOS)
  .map(([name, { about }]) => `  ${name.padEnd(INDENT - 2)}${wrapped(about)}`)
  .join('\n')}

  --people N   so many people instead
  --url URL    the server; else the one that runs on NINETY_DATA (./data)
  --key KEY    its admin key, with --url
  --help       this

What jobs found on earlier days is written by the jobs' own code into the server's ClickHouse: the
engine in NINETY_DATA or, as for the server, the one that CLICKHOUSE_URL, CLICKHOUSE_USER,
CLICKHOUSE_PASSWORD and CLICKHOUSE_DATABASE name. With --url and without these there are no trends.
`;

function wrapped(text) {
  const lines = [];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length === 0 || line.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines.join(`\n${' '.repeat(INDENT)}`);
}
