import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { API_REFUSALS, type ApiRefusal } from '../api/problem.ts';
import { type Header, RETRY_AFTER } from './headers.ts';
import {
  type Answer,
  type MediaType,
  type Operation,
  openPath,
  paramsOf,
  TAGS,
  usualStatus,
} from './operation.ts';
import { OPERATIONS } from './operations/index.ts';
import { WEBHOOKS, type Webhook } from './webhooks.ts';

export type Json = Readonly<Record<string, unknown>>;

/**
 * A zod schema as JSON Schema 2020-12, which is what OpenAPI 3.1 takes.
 *
 * @param io of what comes in, or of what goes out: a default makes a field optional only in what comes in.
 */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const known = KNOWN[io].get(schema);
  if (known !== undefined) return known;
  // What zod reads by a function of ours has no schema: any value, and the description says what it is.
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  KNOWN[io].set(schema, rest);
  return rest;
}

/** The document and the page show the same, and a schema may be of several operations. */
const KNOWN = { input: new WeakMap<z.ZodType, Json>(), output: new WeakMap<z.ZodType, Json>() };

/**
 * Reads all schemas once, one operation at a time: together they take longer than a hit should wait. Afterwards the
 * document and the page are made of what was read.
 */
export async function readSchemas(): Promise<void> {
  for (const { query, body, answers } of OPERATIONS) {
    for (const schema of [query, body]) if (schema !== undefined) jsonSchema(schema, 'input');
    for (const { schema } of Object.values(answers)) if (schema !== undefined) jsonSchema(schema, 'output');
    await setImmediate();
  }
  for (const { body } of WEBHOOKS) jsonSchema(body, 'output');
}

/**
 * The product's API as OpenAPI 3.1, made of the schemas that its routes validate with.
 *
 * @param server where it answers, without a slash at its end.
 */
export function openApiDocument(server: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of OPERATIONS) {
    const path = openPath(operation.path);
    paths[path] ??= {};
    paths[path][operation.method.toLowerCase()] = operationObject(operation);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Ninety',
      version: VERSION,
      summary: 'An anonymous audience platform: observations in, segments out, nobody’s name in between.',
      description:
        'All JSON is camelCase but where a standard says otherwise, and times are ISO 8601 in UTC. Lists page by `after` and `limit`. Errors are `application/problem+json` (RFC 9457); the `type` is `urn:ninety:` and the name of the reason.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: server }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [],
    paths,
    webhooks: Object.fromEntries(WEBHOOKS.map((each) => [each.name, { post: webhookObject(each) }])),
    components: {
      securitySchemes: {
        key: {
          type: 'http',
          scheme: 'bearer',
          description:
            'A key, as `POST /v1/keys` gives it. Its scopes say what it may: `admin` all, `edit` also what `read` may.',
        },
      },
      schemas: { Problem: jsonSchema(problem, 'output') },
    },
  };
}

const { version: VERSION } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { version: string };

const problem = z.looseObject({
  type: z.string().describe('`urn:ninety:` and the name of the reason'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What is wrong and what to do, for a person'),
  problems: z.array(z.string()).optional().describe('Each mistake as `/path: what is wrong`'),
});

function operationObject(operation: Operation): Json {
  const { tag, summary, description, scope, answers } = operation;
  const body = requestBody(operation);
  const needed = scope === null ? [] : [`Scope: \`${scope}\`.`];
  const text = [...(description === undefined ? [] : [description]), ...needed].join('\n\n');
  return {
    operationId: operationId(operation),
    tags: [tag],
    summary,
    ...(text === '' ? {} : { description: text }),
    ...(scope === null ? {} : { security: [{ key: [] }] }),
    parameters: [
      ...pathParameters(operation),
      ...queryParameters(operation),
      ...headerParameters(operation.headers ?? [], false),
    ],
    ...(body === undefined ? {} : { requestBody: body }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, response(answer)])),
      ...refusalResponses(operation),
    },
  };
}

/** Made of method and path, so that it stays the same as long as those do. */
export function operationId({ method, path }: Operation): string {
  const words = openPath(path)
    .replace(/^\/v1\//, '/')
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== '');
  return [method.toLowerCase(), ...words.map((word) => word[0]!.toUpperCase() + word.slice(1))].join('');
}

const webhookObject = ({ name, summary, description, headers, body, answer }: Webhook): Json => ({
  operationId: `${name}Webhook`,
  summary,
  description,
  parameters: headerParameters(headers, true),
  requestBody: {
    required: true,
    content: { 'application/json': { schema: jsonSchema(body, 'output') } },
  },
  responses: { '2XX': { description: answer } },
});

const pathParameters = ({ path, example }: Operation): Json[] =>
  paramsOf(path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
    ...(example.params?.[name] === undefined ? {} : { example: example.params[name] }),
  }));

/** The properties of an object's schema, each with whether it must be there. */
export function fieldsOf(schema: Json): { name: string; required: boolean; schema: Json }[] {
  const required = new Set((schema['required'] as readonly string[] | undefined) ?? []);
  const properties = (schema['properties'] as Readonly<Record<string, Json>> | undefined) ?? {};
  return Object.entries(properties).map(([name, own]) => ({
    name,
    required: required.has(name),
    schema: own,
  }));
}

const queryParameters = ({ query, example }: Operation): Json[] =>
  query === undefined
    ? []
    : fieldsOf(jsonSchema(query, 'input')).map(({ name, required, schema: { description, ...schema } }) => ({
        name,
        in: 'query',
        required,
        ...(description === undefined ? {} : { description }),
        schema,
        ...(example.query?.[name] === undefined ? {} : { example: example.query[name] }),
      }));

const headerParameters = (headers: readonly Header[], required: boolean): Json[] =>
  headers.map(({ name, description, example }) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
    example,
  }));

/** Headers of an answer, where there are any. */
const answered = (headers: readonly Header[]): Json =>
  headers.length === 0
    ? {}
    : {
        headers: Object.fromEntries(
          headers.map(({ name, description, example }) => [
            name,
            { description, schema: { type: 'string' }, example },
          ]),
        ),
      };

function requestBody({ body, takes, example }: Operation): Json | undefined {
  if (body === undefined && takes === undefined) return undefined;
  const types: readonly MediaType[] = takes ?? ['application/json'];
  const schema = body === undefined ? {} : jsonSchema(body, 'input');
  const shown = example.type ?? types[0];
  return {
    required: true,
    content: Object.fromEntries(
      types.map((type) => [
        type,
        { schema, ...(type === shown && example.body !== undefined ? { example: example.body } : {}) },
      ]),
    ),
  };
}

function response({ description, type, schema, also = [], headers = [] }: Answer): Json {
  if (type === undefined) return { description, ...answered(headers) };
  return {
    description,
    ...answered(headers),
    content: {
      [type]: { schema: schema === undefined ? {} : jsonSchema(schema, 'output') },
      ...Object.fromEntries(also.map((other) => [other, { schema: { type: 'string' } }])),
    },
  };
}

/** What an operation may refuse, beside what it says itself. */
export function refusalsOf({ scope, query, body, path, isFront, refusals = [] }: Operation): ApiRefusal[] {
  const isManaged = path.startsWith('/v1/') && isFront !== true;
  return [
    ...(scope === null ? [] : (['unauthorized', 'forbidden'] as const)),
    ...(isManaged && (query !== undefined || body !== undefined) ? (['invalid'] as const) : []),
    ...(isManaged && body !== undefined ? (['bad_json', 'body_too_large'] as const) : []),
    ...refusals,
    // The requests of a key are counted, and so are wrong keys of an address.
    ...(isManaged && scope !== null ? (['rate_limited', 'too_many_sign_ins'] as const) : []),
    ...(isManaged ? (['clickhouse_unavailable'] as const) : []),
  ];
}

/** Statuses of refusals that say when to ask again (RFC 9110, 10.2.3; RFC 6585, 4). */
const RETRIED: ReadonlySet<number> = new Set([429, 503]);

function refusalResponses(operation: Operation): Json {
  const byStatus = new Map<number, ApiRefusal[]>();
  for (const refusal of refusalsOf(operation)) {
    const status = API_REFUSALS[refusal];
    byStatus.set(status, [...(byStatus.get(status) ?? []), refusal]);
  }
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => status !== usualStatus(operation))
      .map(([status, names]) => [
        status,
        {
          description: names.map((name) => `\`${name}\``).join(', '),
          ...answered(RETRIED.has(status) ? [RETRY_AFTER] : []),
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      ]),
  );
}
