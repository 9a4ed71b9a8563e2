import { join } from 'node:path';
import { type Context, Hono } from 'hono';
import { ClickHouseError } from '../clickhouse/errors.ts';
import { STREAMS, type Stream } from '../journal/name.ts';
import { awaitReplay, type Replay } from '../journal/replay.ts';
import {
  columnsOf,
  dropSetAside,
  findSetAside,
  listSetAside,
  putBack,
  type SetAsideFile,
} from '../journal/set-aside.ts';
import { storedRows } from '../journal/ship-to-clickhouse.ts';
import { type WaitingFiles, waitingFiles } from '../journal/waiting.ts';
import { writeAct } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';
import { ApiError } from './problem.ts';

/** What `GET /v1/journal` answers: the journal of the machine that is asked. */
export interface ShownJournal {
  readonly waiting: readonly WaitingFiles[];
  /** Oldest first. */
  readonly setAside: readonly SetAsideFile[];
}

/** What `GET /v1/journal/{stream}/{file}` answers. */
export interface ShownFile extends SetAsideFile {
  /** What its rows hold, in their order. */
  readonly columns: readonly string[];
  /** How many of its rows ClickHouse holds already; null where rows do not say which file brought them, or ClickHouse is away. */
  readonly stored: number | null;
}

/** What `POST /v1/journal/{stream}/{file}/replay` answers. */
export interface ShownReplay {
  readonly stream: Stream;
  readonly file: string;
  /** `waiting`: it is shipped as soon as ClickHouse takes it. `set_aside`: it was refused again. */
  readonly state: Replay;
}

/** The files between the front door and ClickHouse. */
export function journalRoutes({ config, clickhouse, log }: Backend): Hono<Env> {
  const folder = join(config.data, 'journal');
  const expectAside = async (stream: Stream, file: string) =>
    (await findSetAside(folder, stream, file)) ?? notFound(stream, file);
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'read');
    return c.json({
      waiting: await waitingFiles(folder),
      setAside: await listSetAside(folder),
    } satisfies ShownJournal);
  });
  app.get('/:stream/:file', async (c) => {
    expectScope(c, 'read');
    const { stream, file } = namedIn(c);
    const found = await expectAside(stream, file);
    return c.json({
      ...found,
      columns: await columnsOf(folder, stream, file),
      stored: stream === 'hits' ? await storedRows(clickhouse, file).catch(nullWhenAway) : null,
    } satisfies ShownFile);
  });
  app.post('/:stream/:file/replay', async (c) => {
    const actor = expectScope(c, 'admin').id;
    const { stream, file } = namedIn(c);
    await expectAside(stream, file);
    await writeAct(clickhouse, {
      actor,
      action: 'put back',
      kind: 'journal',
      subjects: [`${stream}/${file}`],
    });
    if (!(await putBack(folder, stream, file))) notFound(stream, file);
    log.info({ stream, file }, 'a journal file that was set aside is put back');
    const wait = c.req.query('wait') === '1';
    const state = wait ? await awaitReplay(folder, stream, file, c.req.raw.signal) : 'waiting';
    return c.json({ stream, file, state } satisfies ShownReplay, state === 'waiting' ? 202 : 200);
  });
  app.delete('/:stream/:file', async (c) => {
    const actor = expectScope(c, 'admin').id;
    const { stream, file } = namedIn(c);
    await expectAside(stream, file);
    await writeAct(clickhouse, {
      actor,
      action: 'dropped',
      kind: 'journal',
      subjects: [`${stream}/${file}`],
    });
    if (!(await dropSetAside(folder, stream, file))) notFound(stream, file);
    log.warn({ stream, file }, 'a journal file that was set aside is deleted with its rows');
    return c.body(null, 204);
  });
  return app;
}

/** What lies on this machine is shown also then. */
function nullWhenAway(error: unknown): null {
  if (error instanceof ClickHouseError && error.fault === 'unavailable') return null;
  throw error;
}

/** @throws ApiError `not_found` for a stream that there is not. */
function namedIn(c: Context<Env>): { stream: Stream; file: string } {
  const { stream: given = '', file = '' } = c.req.param();
  const stream = STREAMS.find((each) => each === given);
  return stream === undefined ? notFound(given, file) : { stream, file };
}

function notFound(stream: string, file: string): never {
  throw new ApiError(
    'not_found',
    `No file ${file} of ${stream} is set aside here; GET /v1/journal lists those that are.`,
  );
}
