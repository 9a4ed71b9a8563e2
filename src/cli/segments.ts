import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { Plan, PlanStep } from '../api/segment-plan.ts';
import { readFolder, type SegmentFile, type SegmentFolder } from '../segment-files/folder.ts';
import { MadeFrom, OVERWRITES, type Overwrite, type StoredVersion } from '../segment-files/made-from.ts';
import { type Mistake, mistakeLine } from '../segment-files/mistake.ts';
import { keptBy, type PlannedFolder, planJson, UnseenError } from '../segment-files/planned.ts';
import {
  LinkError,
  type PullPlan,
  planPull,
  type ServerSegment,
  writePulled,
} from '../segment-files/pull.ts';
import { actionLine, diffText, painter, plain, planText } from '../segment-files/shown.ts';
import { countPlan, type Estimate, type Size, type Sizes } from '../segment-files/sizes.ts';
import { type Client, RefusedError } from './client.ts';
import { EXIT_CODES, group, newCommand, withServerOptions } from './command.ts';
import { CommandError, EXIT, finish } from './exit.ts';
import { thousands } from './table.ts';
import { type ServerOptions, withServer } from './with-server.ts';

/** What `plan` tells the shell: a script must tell that nothing changes from that it was used wrongly. */
const PLANNED = { same: 0, mistakes: 1, changes: 2 } as const;

const FILES = `
A file a segment: DIR/news/sport-fans.yaml is the segment sport-fans in the folder news, and holds its name,
rule and whatever else is said of it, as POST /v1/segments takes it. What a file does not say, the segment
does not have. DIR/.ninety-versions.json holds which versions the files were made from: keep it with them.`;

interface Options extends ServerOptions {
  readonly json?: boolean;
}

interface PullOptions extends Options {
  readonly prune?: boolean;
}

interface PlanOptions extends Options {
  readonly delete?: boolean;
  readonly sizes: boolean;
}

interface ApplyOptions extends PlanOptions {
  readonly yes?: boolean;
  readonly note?: string;
  readonly overwrite?: Overwrite;
}

const say = (text: string) => process.stdout.write(text);
/** A pipe takes what is said bit by bit, and the process ends with the work. */
const finishSaid = (work: () => Promise<void>) =>
  finish(async () => {
    try {
      await work();
    } finally {
      await allSaid();
    }
  });

const allSaid = () => new Promise<void>((resolve) => void process.stdout.write('', () => resolve()));

const sayJson = (value: unknown) => say(`${JSON.stringify(value, undefined, 2)}\n`);

const PULL_HELP = `${FILES}

Of a file that is there only what has changed is written anew: comments, the order of fields and empty lines
stay. A file whose segment was deleted stays unless --prune is given; one whose segment the server never had
stays in any case. Nothing is written where any file cannot be read.

Examples:
  $ npx ninety segments pull segments/
  $ npx ninety segments pull segments/ --prune --json

${EXIT_CODES}
`;

const pull = withServerOptions(newCommand('pull', 'write the segments into files', PULL_HELP))
  .argument('<dir>', 'folder of the files; made where there is none')
  .option('--prune', 'delete the files of segments that were deleted')
  .option('--json', 'tell it as JSON')
  .action((dir: string, options: PullOptions) =>
    finishSaid(() =>
      withServer(options, async (client) => {
        const segments = await client.list<ServerSegment>('/v1/segments');
        const folder = (await isThere(dir)) ? await readFiles(dir) : { files: [], mistakes: [] };
        const wasThere = (id: string) => hasVersions(client, id);
        const pulled = await planPull(folder, segments, wasThere, options.prune === true);
        if (pulled.mistakes.length === 0) {
          await writeFiles(dir, pulled);
          await keepVersions(dir, segments);
        }
        if (options.json) sayJson(pulledJson(pulled));
        else sayPulled(pulled);
        if (pulled.mistakes.length > 0) throw new MistakesError('Nothing is written.');
      }),
    ),
  );

/** What must be mended first was told already. */
class MistakesError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MistakesError';
  }
}

const isThere = async (dir: string): Promise<boolean> =>
  (await stat(dir).catch(() => undefined)) !== undefined;

/** @throws CommandError where the folder cannot be read. */
async function readFiles(dir: string): Promise<SegmentFolder> {
  try {
    return await readFolder(dir);
  } catch (error) {
    throw new CommandError('not_found', `${dir} cannot be read (${codeOf(error)}).`);
  }
}

async function writeFiles(dir: string, { changes }: PullPlan): Promise<void> {
  try {
    await writePulled(dir, changes);
  } catch (error) {
    const why = error instanceof LinkError ? error.message : `(${codeOf(error)})`;
    throw new CommandError('not_written', `Not all files are written: ${why}`);
  }
}

/** Adds versions to those that the files of the folder were made from. */
async function keepVersions(
  dir: string,
  versions: readonly (StoredVersion & { readonly id: string })[],
): Promise<void> {
  const madeFrom = (await MadeFrom.read(dir)) ?? new MadeFrom();
  for (const version of versions) madeFrom.add(version.id, version);
  try {
    await madeFrom.write(dir);
  } catch (error) {
    throw new CommandError(
      'not_written',
      `Which versions the files were made from is not written (${codeOf(error)}).`,
    );
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? String(error);

async function hasVersions(client: Client, id: string): Promise<boolean> {
  const answer = await client.send('GET', `/v1/segments/${encodeURIComponent(id)}/versions?limit=1`);
  answer.body.resume();
  return answer.status === 200;
}

function sayPulled({ changes, unchanged, gone, fresh, mistakes }: PullPlan): void {
  sayMistakes(mistakes);
  if (mistakes.length > 0) return;
  const paint = painter(process.stdout);
  for (const { action, file, from, diff } of changes) {
    say(actionLine(paint, action, file, from === undefined ? '' : `from ${from}`));
    if (action === 'change' || action === 'move') say(diffText(paint, diff));
  }
  for (const file of gone) say(`  ${plain(file)}: its segment was deleted; --prune deletes the file.\n`);
  for (const file of fresh) say(`  ${plain(file)}: the server has no such segment yet.\n`);
  say(`  ${thousands(changes.length)} written or deleted, ${thousands(unchanged)} unchanged.\n`);
}

const pulledJson = ({ changes, ...rest }: PullPlan) => ({
  changes: changes.map(({ text: _, ...change }) => change),
  ...rest,
});

function sayMistakes(mistakes: readonly Mistake[]): void {
  const paint = painter(process.stderr);
  for (const mistake of mistakes) process.stderr.write(`${paint('red', plain(mistakeLine(mistake)))}\n`);
}

const PLAN_HELP = `${FILES}

Shows what apply would do, and changes nothing. The sizes are exact: each segment that changes, or that rests
on one that does, is counted by its rule as it is and as it would be. A line with ! tells that the server has a
version which the files do not know, changed in the console or by another folder: apply does not overwrite it.

Examples:
  $ npx ninety segments plan segments/
  $ npx ninety segments plan segments/ --delete --json

Exit codes: ${PLANNED.same} nothing changes, ${PLANNED.changes} something changes, ${PLANNED.mistakes} mistakes, failed or wrong use, ${EXIT.interrupted} interrupted.
`;

const plan = planOptions(newCommand('plan', 'show what apply would change', PLAN_HELP))
  .exitOverride((error) => process.exit(error.exitCode === 0 ? PLANNED.same : PLANNED.mistakes))
  .action((dir: string, options: PlanOptions) =>
    finishSaid(async () => {
      const { code } = await wrongUseIsNoChange(() =>
        withServer(options, async (client) => {
          const planned = await planFolder(client, dir, options);
          sayPlan(planned, options);
          return planned;
        }),
      );
      await allSaid();
      process.exit(code);
    }),
  );

function planOptions(command: Command): Command {
  return withServerOptions(command)
    .argument('<dir>', 'folder of the files')
    .option('--delete', 'delete segments that have no file')
    .option('--no-sizes', 'do not count')
    .option('--json', 'tell it as JSON');
}

/** Elsewhere it ends with the code that means changes here. */
async function wrongUseIsNoChange<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CommandError) || error.reason !== 'usage') throw error;
    throw new CommandError('not_found', error.message);
  }
}

async function planFolder(client: Client, dir: string, options: PlanOptions): Promise<PlannedFolder> {
  const { files, mistakes: unread } = await readFiles(dir);
  if (files.length === 0 && unread.length === 0 && options.delete)
    throw new CommandError(
      'not_found',
      `${dir} has no file of a segment, and --delete would delete every segment. Is it the right folder?`,
    );
  const segments = files.map(({ id, folder, document }) => ({
    ...document.content,
    id,
    ...(folder === undefined ? {} : { folder }),
  }));
  const body = { segments, deleteOthers: options.delete === true };
  const plan = await post<Plan>(client, '/v1/segments/plan', body);
  const byId = new Map(files.map((file) => [file.id, file]));
  // Files that cannot be read may hold what others refer to: their mistakes come first, and alone.
  const mistakes = unread.length > 0 ? unread : plan.mistakes.map((mistake) => located(mistake, byId));
  if (mistakes.length > 0)
    return { plan, body, files: byId, mistakes, sizes: new Map(), unseen: [], code: PLANNED.mistakes };
  const unseen = await unseenOf(dir, plan);
  const sizes = options.sizes ? await sizesOf(client, plan) : new Map<string, Sizes>();
  const code = plan.steps.length === 0 ? PLANNED.same : PLANNED.changes;
  return { plan, body, files: byId, mistakes, sizes, unseen, code };
}

async function unseenOf(dir: string, { steps }: Plan): Promise<PlanStep[]> {
  const madeFrom = await MadeFrom.read(dir);
  if (madeFrom === undefined)
    process.stderr.write(
      '  .ninety-versions.json cannot be read, so it is not known what the files were made from; pull writes it anew.\n',
    );
  return steps.filter((step) => step.version > 0 && madeFrom?.has(step.id, step) !== true);
}

/** As a stream: what says its length beforehand may be no longer than other requests, and a plan may. */
const post = <T>(client: Client, path: string, body: unknown): Promise<T> =>
  client.upload<T>(path, Readable.from([JSON.stringify(body)]), 'application/json');

function located(mistake: Plan['mistakes'][number], files: ReadonlyMap<string, SegmentFile>): Mistake {
  const found = files.get(mistake.id);
  if (found === undefined) return { ...mistake, file: '', line: 0, column: 0 };
  return { ...mistake, file: found.file, ...found.document.placeOf(mistake.path) };
}

async function sizesOf(client: Client, plan: Plan): Promise<ReadonlyMap<string, Sizes>> {
  const { isTTY } = process.stderr;
  const sizes = await countPlan(
    plan,
    (estimate) => sizeOf(client, estimate),
    (done, of) => {
      if (isTTY) process.stderr.write(`\r  Counting: ${done} of ${of}`);
    },
  );
  if (isTTY) process.stderr.write('\r\u001b[K');
  return sizes;
}

/** A rule that cannot be counted now is no mistake of the plan, and the others are counted. */
async function sizeOf(client: Client, estimate: Estimate): Promise<Size> {
  try {
    return (await client.json<{ size: number }>('POST', '/v1/segments/estimate', estimate)).size;
  } catch (error) {
    if (error instanceof RefusedError && error.status >= 400 && error.status < 500 && error.status !== 401)
      return { refused: error.message };
    throw error;
  }
}

function sayPlan(planned: PlannedFolder, { json }: Options): void {
  const { plan, mistakes, sizes, unseen } = planned;
  if (json) return void sayJson(planJson(planned));
  const unseenIds = new Set(unseen.map(({ id }) => id));
  if (mistakes.length === 0) return void say(planText(plan, sizes, unseenIds, painter(process.stdout)));
  sayMistakes(mistakes);
  process.stderr.write(`  ${thousands(mistakes.length)} to mend.\n`);
}

const APPLY_HELP = `${FILES}

Shows the plan, asks, and does it: all of it or nothing. Nothing is applied where that would overwrite a version
which the files were not made from, such as an edit in the console: pull it, or say --overwrite all. A build
server, which keeps no files of its own, says --overwrite applied, and so overwrites what an apply has written
and no edit. A segment that somebody changes between the plan and the yes is not overwritten either. Every
version is kept, and POST /v1/segments/{id}/versions/{n}/restore brings any of them back, also of a segment that
was deleted.

Examples:
  $ npx ninety segments apply segments/
  $ npx ninety segments apply segments/ --delete --yes --note "release 42"
  $ npx ninety segments apply segments/ --yes --overwrite applied

${EXIT_CODES}
`;

const apply = planOptions(newCommand('apply', 'make the segments what the files say', APPLY_HELP))
  .option('--yes', 'do not ask')
  .option('--note <text>', 'why, for the versions of the segments')
  .addOption(
    new Option(
      '--overwrite <which>',
      'also versions that the files were not made from: what an apply has written, or all',
    ).choices(OVERWRITES),
  )
  .action((dir: string, options: ApplyOptions) =>
    finishSaid(async () => {
      if (!options.yes && (options.json || !process.stdin.isTTY || !process.stdout.isTTY))
        throw new CommandError(
          'usage',
          'apply asks before it changes anything; where nobody answers, give --yes.',
        );
      return withServer(options, async (client, signal) => {
        const planned = await planFolder(client, dir, options);
        const { plan, body, code } = planned;
        if (code !== PLANNED.changes || !options.json) sayPlan(planned, options);
        if (code === PLANNED.mistakes) throw new MistakesError('Nothing is applied.');
        if (code === PLANNED.same) return;
        const kept = keptBy(planned, options.overwrite);
        if (kept.length > 0) {
          if (options.json) sayJson(planJson(planned));
          throw new UnseenError(kept);
        }
        if (!options.yes) await confirm(plan.steps.length, signal);
        const versions = Object.fromEntries(plan.steps.map(({ id, version }) => [id, version]));
        const note = options.note === undefined ? {} : { note: options.note };
        const done = await post<Applied>(client, '/v1/segments/apply', { ...body, versions, ...note });
        await keepVersions(dir, done.applied);
        if (options.json) sayJson({ ...planJson(planned), ...done });
        else say(`  ${thousands(done.applied.length)} applied.\n`);
      });
    }),
  );

interface Applied {
  readonly applied: readonly (StoredVersion & { readonly id: string; readonly action: string })[];
}

/** @throws CommandError where the answer is not yes. */
async function confirm(steps: number, signal: AbortSignal): Promise<void> {
  const what = steps === 1 ? 'this change' : `these ${thousands(steps)} changes`;
  say(`\n  Apply ${what}? Type yes: `);
  // No terminal of readline's own: it would keep Ctrl-C to itself.
  const input = createInterface({ input: process.stdin, terminal: false });
  try {
    // Ctrl-D ends the input, and is a no.
    const [answer = ''] = await Promise.race([
      once(input, 'line', { signal }),
      once(input, 'close', { signal }),
    ]);
    if (String(answer).trim().toLowerCase() !== 'yes')
      throw new CommandError('not_finished', 'Nothing is applied.');
  } finally {
    input.close();
  }
}

export const segmentsCommand = group('segments', 'keep segments as files: pull, plan and apply them', [
  pull,
  plan,
  apply,
]);
