import { text } from 'node:stream/consumers';
import { Import, type Source } from '../import/import.ts';
import type { SendHits } from '../import/post-hits.ts';
import { type Client, RefusedError } from './client.ts';
import { CommandError } from './exit.ts';
import { importSummary } from './import-summary.ts';
import { showProgress, type Work } from './progress.ts';
import { thousands } from './table.ts';

/** What `GET /v1/sites` says of a site. */
export interface ShownSite {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly domains: readonly string[];
}

/**
 * Finds the site that has a key, and makes sure that the server takes an import.
 *
 * @throws CommandError where no site has the key, or the server cannot take an import; RefusedError for a key
 *   that is no administrator's.
 */
export async function siteOf(client: Client, key: string): Promise<ShownSite> {
  const sites = await client
    .list<ShownSite>('/v1/sites')
    .catch((error: unknown) => withoutApi(client, 'roles collect and api', error));
  const site = sites.find((each) => each.key === key);
  if (site === undefined) {
    const known = sites.slice(0, 10).map((each) => `  ${each.key}  ${each.id} (${each.name})`);
    throw new CommandError(
      'not_found',
      `No site of ${client.url} has the key "${key}". --site takes one of these:\n${known.join('\n')}`,
    );
  }
  // Asked before the first hit: the header below is believed of an administrator's key only, and hits that
  // came without it would be those of real browsers.
  await client.json('POST', '/v1/imports', { site: key, refused: {} });
  return site;
}

/**
 * Says it where a server was asked for what every API has, and has not.
 *
 * @param roles that an import needs.
 * @throws CommandError, or the error as it is.
 */
export function withoutApi(client: Client, roles: string, error: unknown): never {
  if (!(error instanceof RefusedError) || error.status !== 404) throw error;
  throw new CommandError(
    'no_api',
    `${client.url} has no API: this import needs a server with the ${roles} (NINETY_ROLES).`,
  );
}

/** Tells the server what an import's hits are; see `Trust`. */
export type ImportKind = 'policy' | 'given' | 'file';

export interface ImportRun {
  readonly source: Source;
  /** Of the file; undefined = not known. */
  readonly bytes: number | undefined;
  /** Its key. */
  readonly site: string;
  readonly kind: ImportKind;
  readonly unit: 'line' | 'row';
  /** Lines up to this number are passed over. */
  readonly skip?: number;
  /** What to say where hits were older than the retention. */
  readonly whenExpired: string | undefined;
  /**
   * What to do where the import ended early.
   *
   * @param line up to which all is in.
   */
  readonly again: (line: number) => string;
}

/**
 * Imports, shows how far it is and what became of every line.
 *
 * @throws CommandError where it did not come to the end.
 */
export async function runImport(client: Client, signal: AbortSignal, run: ImportRun): Promise<void> {
  const { source, bytes, site, kind, unit, skip = 0 } = run;
  const work = new Import({ source, skip, send: sender(client, kind), signal });
  const hide = showProgress({ bytes, ...progressOf(work) });
  const stopped = await work.run().finally(hide);
  const { report } = work;
  process.stdout.write(importSummary(report, unit, run.whenExpired));
  await tellCounts(client, site, report.refusedHere, signal);
  if (stopped === undefined) return;
  const { line, error } = stopped;
  const howFar =
    line === 0
      ? `No ${unit} is sure to be in.`
      : `${unit === 'line' ? 'Lines' : 'Rows'} 1 to ${thousands(line)} are in, and perhaps some behind them. ${run.again(line)}`;
  throw new CommandError(
    signal.aborted ? 'interrupted' : 'not_finished',
    `${signal.aborted ? 'Interrupted' : messageOf(error)}\n${howFar}`,
  );
}

function progressOf(work: Import): Pick<Work, 'bytesRead' | 'what' | 'howFar'> {
  const { report } = work;
  let started: number | undefined;
  // The first look for the newest line imports nothing.
  const rate = () => {
    if (report.lines === 0) return 0;
    started ??= performance.now();
    return Math.round((1000 * report.lines) / Math.max(SHORTEST_MS, performance.now() - started));
  };
  return {
    bytesRead: () => work.progress().bytesRead,
    what: () => (work.progress().pass === 'times' ? 'looking for the newest line' : 'importing'),
    howFar: () => `${thousands(report.lines)} lines, ${thousands(rate())} lines/s`,
  };
}

/** Over less a rate says nothing. */
const SHORTEST_MS = 200;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const sender =
  (client: Client, kind: ImportKind): SendHits =>
  async (body) => {
    const answer = await client.send('POST', '/v1/hits', { body, headers: { 'Ninety-Import': kind } });
    const retryAfter = Number(answer.header('retry-after') ?? Number.NaN);
    return {
      status: answer.status,
      text: await text(answer.body),
      retryAfter: Number.isNaN(retryAfter) ? undefined : retryAfter,
    };
  };

/** What never left this command is counted with everything else that was refused. */
async function tellCounts(
  client: Client,
  site: string,
  refusedHere: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  if (refusedHere.size === 0 || signal.aborted) return;
  await client
    .json('POST', '/v1/imports', { site, refused: Object.fromEntries(refusedHere) })
    .catch((error: Error) =>
      process.stderr.write(`  The server's counters lack what this command refused: ${error.message}\n`),
    );
}
