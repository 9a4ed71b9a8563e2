import type { Context } from 'hono';
import { z } from 'zod';
import { ConflictError } from '../registry/registry.ts';
import type { HoldStream } from './bulk-streams.ts';
import type { Caller } from './keys.ts';
import { may } from './keys.ts';
import { ApiError } from './problem.ts';
import { inWords } from './words.ts';

export interface Env {
  Variables: {
    caller: Caller | undefined;
    /** Under what name the request was refused, to be counted. */
    refused: string | undefined;
    /** Of bulk streams: takes over what is answered. */
    hold: HoldStream | undefined;
  };
}

/** A management request is small; a rule of 256 clauses with long lists fits. */
export const BODY_LIMIT = 1_048_576;
const PAGE = 100;
const PAGE_MAX = 1000;

/** @throws ApiError `unauthorized` or `forbidden`. */
export function expectScope(c: Context<Env>, scope: string): Caller {
  const caller = c.get('caller');
  if (!caller)
    throw new ApiError(
      'unauthorized',
      'Send a key: Authorization: Bearer KEY. The first start prints an admin key.',
    );
  if (!may(caller, scope)) throw new ApiError('forbidden', `This key lacks the scope ${scope}.`);
  return caller;
}

/** @throws ApiError `bad_json`, or `invalid` naming the path of each mistake. */
export const readJson = async <S extends z.ZodType>(c: Context<Env>, schema: S): Promise<z.output<S>> =>
  checked(schema, await readBody(c));

/**
 * A change of some fields, as a merge patch (RFC 7396): only what the caller named, because a schema's
 * defaults would undo the others; null takes a field out that need not be there.
 *
 * @returns the fields named; one that is taken out is there as undefined.
 * @throws ApiError as {@link readJson}.
 */
export async function readChange<S extends z.ZodObject>(
  c: Context<Env>,
  schema: S,
): Promise<Partial<z.output<S>>> {
  const json = await readBody(c);
  const named = typeof json === 'object' && json !== null ? Object.entries(json) : [];
  const cleared = named.filter(([name, value]) => value === null && isOptional(schema, name));
  const rest = cleared.length > 0 ? omit(json as object, cleared) : json;
  const change = checked(schema.partial(), rest) as Record<string, unknown>;
  return Object.fromEntries(named.map(([name]) => [name, change[name]])) as Partial<z.output<S>>;
}

const omit = (json: object, fields: readonly (readonly [string, unknown])[]) => {
  const names = new Set(fields.map(([name]) => name));
  return Object.fromEntries(Object.entries(json).filter(([name]) => !names.has(name)));
};

/** A field that takes any value takes null too. */
function isOptional(schema: z.ZodObject, name: string): boolean {
  const field = Object.hasOwn(schema.shape, name) ? (schema.shape[name] as z.ZodType) : undefined;
  return field?.safeParse(undefined).success === true && !field.safeParse(null).success;
}

async function readBody(c: Context<Env>): Promise<unknown> {
  const text = await c.req.text();
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ApiError('bad_json', 'The body is not JSON.');
  }
}

/** @throws ApiError `invalid` */
export const readParams = <S extends z.ZodType>(c: Context<Env>, schema: S): z.output<S> =>
  checked(schema, c.req.query());

function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value, { error: inWords });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    (issue) => `/${issue.path.map(String).join('/')}: ${issue.message}`,
  );
  throw new ApiError('invalid', problems.join('; '), { problems });
}

export interface PageQuery {
  readonly after: string | undefined;
  readonly limit: number;
}

const LIMIT = `must be from 1 to ${PAGE_MAX}`;

/** How many of a list are answered. */
export const limiting = z.object({
  limit: z.coerce
    .number(LIMIT)
    .int(LIMIT)
    .min(1, LIMIT)
    .max(PAGE_MAX, LIMIT)
    .default(PAGE)
    .describe('How many at most'),
});

/** Which page of a list is answered. */
export const paging = limiting.extend({
  after: z.string().optional().describe('`next` of the answer before'),
});

export function pageQuery(c: Context<Env>): PageQuery {
  const { after, limit } = readParams(c, paging);
  return { after, limit };
}

/** Of a list in order of id, the page after an id; `next` is what to ask for after it, or null. */
export function page<T extends { readonly id: string }>(
  all: readonly T[],
  query: PageQuery,
): { items: T[]; next: string | null } {
  const rest = query.after === undefined ? all : all.filter((item) => item.id > query.after!);
  const items = rest.slice(0, query.limit);
  return { items, next: rest.length > items.length ? items.at(-1)!.id : null };
}

export async function conflictAsProblem<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof ConflictError) throw readAgain(error);
    throw error;
  }
}

/** What is told of a write that another was before. */
export const readAgain = ({ message }: ConflictError) =>
  new ApiError('conflict', `${message}; read it again and repeat the change.`);
