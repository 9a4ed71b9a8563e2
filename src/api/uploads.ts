import { createHash } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { faultOf as loggable } from '../log.ts';
import { newId } from '../registry/registry.ts';
import { writeAct } from '../report/audit.ts';
import { BodyError, encodingOf, longBody } from '../serve/body.ts';
import type { Receipt, Receipts } from '../upload/receipt.ts';
import { type Ended, type Incoming, UploadError } from '../upload/upload.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, pageQuery } from './http.ts';
import { may } from './keys.ts';
import { ApiError, asApiError } from './problem.ts';

/** What a kind of upload is and does. */
export interface UploadKind<R extends Receipt> {
  /** As its path and its sentences call it. */
  readonly name: 'traits' | 'matches' | 'labels';
  /** Where its receipts are listed, where something else stands at its path. */
  readonly listedAt?: '/uploads';
  /** What to say of a table whose first line does not name its columns. */
  readonly badHeader?: string;
  readonly receipts: Receipts<R>;
  /** Reads from the request how its lines are to be taken. @throws ApiError */
  readonly prepare: (c: Context<Env>) => (id: string, incoming: Incoming) => Promise<Ended<R>>;
}

/**
 * Uploads of lines. `POST` streams a body of any size, plain or gzip, and answers with the receipt; `GET` shows
 * receipts.
 *
 * The scope is `labels`: who brings what others know of visitors sees nothing of them, changes nothing that an
 * operator has made, and need not be able to.
 */
export function uploadRoutes<R extends Receipt>(backend: Backend, kind: UploadKind<R>): Hono<Env> {
  const { clickhouse, leases, tally, flush, log } = backend;
  const { name, receipts } = kind;
  const app = new Hono<Env>();

  const take = async (c: Context<Env>, id: string): Promise<R> => {
    const run = kind.prepare(c);
    const actor = expectScope(c, 'labels').id;
    await writeAct(clickhouse, { actor, action: 'uploaded', kind: name, subjects: [id] });
    const upload = run(id, { text: bodyOf(c), faultOf, flush });
    const { receipt, malformed } = await upload.catch((error: unknown) => asProblem(error, kind, log));
    const counted = [...malformed, ...(Object.entries(receipt.refused) as [string, number][])];
    for (const [reason, n] of counted) if (n > 0) tally.count('import', '', reason, Date.now(), n);
    return receipt;
  };

  app.post('/', async (c) => {
    const caller = expectScope(c, 'labels');
    const key = idempotencyKey(c.req.header('idempotency-key'));
    if (key === undefined) return c.json(await take(c, newId()));
    const id = createHash('sha256').update(`${caller.id}\n${key}`).digest('hex').slice(0, 32);
    const lease = await leases.acquire(`${name}/${id}`);
    if (lease === undefined)
      throw new ApiError(
        'conflict',
        'An upload with this Idempotency-Key is under way; its receipt tells when it ended.',
        { upload: id },
      );
    try {
      const known = await receipts.read(id);
      if (known?.state !== 'done') return c.json(await take(c, id));
      // A sender that is answered before it is through takes the closed connection for a failure.
      await discard(c);
      return c.json(known as Receipt);
    } finally {
      await lease.release().catch(() => undefined);
    }
  });

  app.get(kind.listedAt ?? '/', async (c) => {
    expectReader(c);
    const { after, limit } = pageQuery(c);
    return c.json(await receipts.list(after, limit));
  });

  app.get('/:upload', async (c) => {
    expectReader(c);
    const receipt = await receipts.read(c.req.param('upload'));
    if (receipt === undefined)
      throw new ApiError(
        'not_found',
        `There is no upload ${c.req.param('upload')}, or it is past the retention.`,
      );
    return c.json(receipt as Receipt);
  });

  return app;
}

/** Who sends uploads may see what became of them without seeing anything else. */
export function expectReader(c: Context<Env>): void {
  const caller = c.get('caller');
  if (caller === undefined || !may(caller, 'read')) expectScope(c, 'labels');
}

/** A structured-field string in quotes, as draft-ietf-httpapi-idempotency-key-header has it, or bare. */
const KEY = /^(?:"([\x20\x21\x23-\x7e]{1,255})"|([\x21\x23-\x7e]{1,255}))$/;

function idempotencyKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, quoted, bare] = KEY.exec(header.trim()) ?? [];
  const key = quoted ?? bare;
  if (key === undefined)
    throw new ApiError('invalid', 'Idempotency-Key must be 1 to 255 printable ASCII characters.');
  return key;
}

/** What broke off does not matter of a body that is not wanted. */
async function discard(c: Context<Env>): Promise<void> {
  try {
    for await (const _ of bodyOf(c));
  } catch (error) {
    if (!(error instanceof BodyError)) throw error;
  }
}

/** Not the framework's stream of it, which node fills with up to a gigabyte before it holds the sender back. */
function bodyOf(c: Context<Env>): AsyncIterable<string> {
  const { incoming } = c.env as HttpBindings;
  const encoding = encodingOf(incoming);
  if (encoding === undefined) throw new ApiError('bad_encoding', 'The body may be plain or gzip.');
  return longBody(incoming, encoding);
}

const faultOf = (error: unknown) =>
  error instanceof BodyError && error.fault === 'bad_encoding' ? 'bad_gzip' : 'cut_off';

function asProblem<R extends Receipt>(error: unknown, kind: UploadKind<R>, log: Backend['log']): Ended<R> {
  if (!(error instanceof UploadError)) throw error;
  const { name, badHeader } = kind;
  const extra = { upload: error.receipt.id, receipt: error.receipt };
  const sentence = SENTENCES[error.reason](name);
  if (error.reason === 'cut_off' || error.reason === 'bad_gzip')
    throw new ApiError(error.reason, sentence, extra);
  if (error.reason === 'bad_header') throw new ApiError('invalid', badHeader ?? sentence, extra);
  const { reason } = asApiError(error.cause as Error);
  if (reason === 'internal')
    log.error({ upload: error.receipt.id, ...loggable(error.cause) }, `${name} not stored`);
  throw new ApiError(reason === 'internal' ? 'not_stored' : reason, sentence, extra);
}

const SENTENCES: Readonly<Record<UploadError['reason'], (name: string) => string>> = {
  cut_off: () => 'The body broke off before its end. Nothing of it is stored; send it again.',
  bad_gzip: () => 'The body is gzip, and its data are damaged or cut off. Nothing of it is stored.',
  bad_header: () =>
    'The first line does not name the columns id, partner and uid, each once, with tabs between them. Name them there or in ?columns=; ?partner= stands for a column of partners. Nothing is stored.',
  storage: (name) => `The storage did not take these ${name}. Nothing of them is stored; send them again.`,
  partly_stored: (name) =>
    `The storage went away while these ${name} were being stored, and some may be. Send them again: a repeat changes nothing.`,
};
