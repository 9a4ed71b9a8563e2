import type { ShownName } from '../api/taxonomy.ts';
import {
  isTaxonomy,
  type Official,
  readOfficial,
  TAXONOMIES,
  type Taxonomy,
  TaxonomyError,
} from '../audience/taxonomy/official.ts';
import { openLog } from '../import/lines.ts';
import type { Client } from './client.ts';
import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { CommandError, finish } from './exit.ts';
import { andMore } from './import-summary.ts';
import { showProgress } from './progress.ts';
import { table, thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

const IMPORT_HELP = `
FILE is a TSV file of the IAB Tech Lab, as it is published: Audience Taxonomy 1.1, Content Taxonomy 1.0 to 3.1. Which
one it is is told by its header. Its names replace those of an earlier import of the same taxonomy; from then on the
API, the console and ninety taxonomy show know the name of every id. What pages and visitors are scored for does not
change: Ninety carries the names that it uses itself.

Nothing is stored of a file that is none of these, or that cannot be read; the others are stored.

Examples:
  $ npx ninety taxonomy import audience-taxonomy-1.1.tsv content-taxonomy-3.1.tsv

${EXIT_CODES}
`;

/** Lines left out that are named; the rest is a number. */
const SHOWN_LINES = 10;

const importNames = withServerOptions(
  newCommand('import', 'read official taxonomy files, for the names of all ids', IMPORT_HELP),
)
  .argument('<files...>', 'the files')
  .action((files: string[], options: ServerOptions) =>
    finish(async () => {
      const read = new Map<string, Official>();
      const refused: string[] = [];
      const interrupt = new AbortController();
      for (const file of files) {
        try {
          read.set(file, await readFile(file, interrupt.signal));
        } catch (error) {
          if (!(error instanceof TaxonomyError)) throw error;
          refused.push(`${file}: ${error.message}`);
        }
      }
      if (read.size > 0) {
        await withServer(options, async (client) => {
          for (const [file, official] of read) {
            await client.json('PUT', `/v1/taxonomy/${official.taxonomy}`, { entries: official.entries });
            process.stdout.write(importSummary(file, official));
          }
        });
      }
      if (refused.length > 0)
        throw new CommandError('not_finished', `${refused.join('\n')}\nNothing of that is stored.`);
    }),
  );

/** @throws TaxonomyError, UnreadableLogError */
async function readFile(file: string, signal: AbortSignal): Promise<Official> {
  const log = await openLog(file);
  const reading = log.readText(signal);
  let text = '';
  let lines = 0;
  const hide = showProgress({
    bytes: log.bytes,
    bytesRead: reading.bytesRead,
    what: () => `reading ${file}`,
    howFar: () => `${thousands(lines)} lines`,
  });
  try {
    for await (const piece of reading.pieces) {
      text += piece;
      lines += piece.split('\n').length - 1;
      if (text.length > MAX_TEXT)
        throw new TaxonomyError('no_taxonomy', 'It is larger than any file of a taxonomy.');
    }
  } finally {
    hide();
  }
  return readOfficial(text);
}

/** Characters; the largest of the official files has 110,000. */
const MAX_TEXT = 5_000_000;

/** What was read of a file, for a person. */
export function importSummary(file: string, { taxonomy, entries, left }: Official): string {
  const tops = entries.filter(({ parent }) => parent === '').length;
  const deepest = Math.max(...entries.map(({ tiers }) => tiers.length));
  const rows = [
    ['taxonomy', TAXONOMIES[taxonomy]],
    ['ids', entries.length],
    ['at the top', tops],
    ['tiers', deepest],
    ['lines left out', left.length],
  ];
  const named = left.slice(0, SHOWN_LINES).map(({ line, reason }) => `line ${line} (${reason})`);
  const why = left.length === 0 ? '' : `\n  Left out: ${andMore(named, left.length)}.\n`;
  return `\n  ${file}\n${table(rows)}${why}`;
}

const LIST_HELP = `
Without --taxonomy of all that has names: those that Ninety uses itself, and those that were imported. Each stands
below its parent. A word finds names, the names above them, and ids.

Examples:
  $ npx ninety taxonomy list
  $ npx ninety taxonomy list sports --taxonomy audience-1.1
  $ npx ninety taxonomy list --taxonomy content-3.1 > content.txt

${EXIT_CODES}
`;

const list = withServerOptions(newCommand('list', 'show ids and their names', LIST_HELP))
  .argument('[word]', 'a part of a name, or an id')
  .option('--taxonomy <taxonomy>', `one of ${Object.keys(TAXONOMIES).join(', ')}`)
  .action((word: string | undefined, options: ServerOptions & { taxonomy?: string }) =>
    finish(() =>
      withServer(options, async (client) => {
        const names = await ask(client, {
          ...(word === undefined ? {} : { q: word }),
          ...(options.taxonomy === undefined ? {} : { taxonomy: known(options.taxonomy) }),
        });
        process.stdout.write(
          names.length === 0
            ? '  No id has such a name. ninety taxonomy import brings the names of the official files.\n'
            : table(
                names.map(({ taxonomy, id, tiers, scored }) => [
                  taxonomy,
                  id,
                  tiers.join(' > '),
                  scored ? 'scored' : '',
                ]),
                ['taxonomy', 'id', 'name', ''],
              ),
        );
      }),
    ),
  );

const SHOW_HELP = `
Each id that has this number, in every taxonomy, with what it leads to: visitors of pages about an id of Content 3.1
are scored for those of Audience 1.1.

Examples:
  $ npx ninety taxonomy show 483
  $ npx ninety taxonomy show 80DV8O

${EXIT_CODES}
`;

const show = withServerOptions(newCommand('show', 'show what an id stands for', SHOW_HELP))
  .argument('<id>', 'such as 483')
  .action((id: string, options: ServerOptions) =>
    finish(() =>
      withServer(options, async (client) => {
        const names = await ask(client, { id });
        if (names.length === 0)
          throw new CommandError(
            'not_found',
            `No taxonomy that is known here has the id ${id}. Import the official files: ninety taxonomy import FILE...`,
          );
        const leadsTo = names.flatMap((name) => name.leadsTo);
        const reached =
          leadsTo.length === 0 ? [] : await ask(client, { taxonomy: 'audience-1.1', id: leadsTo.join() });
        process.stdout.write(names.map((name) => nameText(name, reached)).join('\n'));
      }),
    ),
  );

/** All that is known of an id, for a person. */
export function nameText(name: ShownName, reached: readonly ShownName[]): string {
  const { taxonomy, id, tiers, parent, scored, imported } = name;
  const leads = reached.filter((each) => name.leadsTo.includes(each.id));
  return table([
    ['id', id],
    ['taxonomy', TAXONOMIES[taxonomy]],
    ['name', tiers.join(' > ')],
    ['parent', parent],
    ['known from', imported ? 'an imported file' : 'Ninety itself'],
    ...(taxonomy === 'audience-1.1' ? [['visitors are scored', scored ? 'yes' : 'no']] : []),
    ...leads.map((each) => ['leads to', `${each.id} ${each.tiers.join(' > ')}`]),
  ]);
}

function known(taxonomy: string): Taxonomy {
  if (isTaxonomy(taxonomy)) return taxonomy;
  throw new CommandError(
    'usage',
    `--taxonomy must be one of ${Object.keys(TAXONOMIES).join(', ')} (it is "${taxonomy}").`,
  );
}

async function ask(client: Client, question: Readonly<Record<string, string>>): Promise<ShownName[]> {
  const all: ShownName[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const query = new URLSearchParams({
      ...question,
      limit: '1000',
      ...(after === undefined ? {} : { after }),
    });
    const page: { items: ShownName[]; next: string | null } = await client.json(
      'GET',
      `/v1/taxonomy?${query}`,
    );
    all.push(...page.items);
    after = page.next;
  }
  return all;
}

export const taxonomyCommand = group('taxonomy', 'names of IAB ids: import, search, show', [
  importNames,
  list,
  show,
]);
