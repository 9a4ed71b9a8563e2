import type { z } from 'zod';
import type { ApiRefusal } from '../api/problem.ts';
import type { Header } from './headers.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How a body, of a request or of an answer, is written. */
export type MediaType =
  | 'application/json'
  | 'application/x-ndjson'
  | 'text/csv'
  | 'text/tab-separated-values'
  | 'text/plain'
  | 'text/html'
  | 'text/javascript'
  | 'image/gif';

export interface Answer {
  readonly description: string;
  /** None = there is no body. */
  readonly type?: MediaType;
  /** What a body of JSON holds; none = any object. */
  readonly schema?: z.ZodType;
  /** The same as a text of other types, by what the caller asks for. */
  readonly also?: readonly MediaType[];
  /** Beside those that every answer has. */
  readonly headers?: readonly Header[];
}

/** A request that a test sends as it stands. */
export interface Example {
  /** Values of the path's parameters. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly type?: MediaType;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is answered, where it is not the operation's usual answer. */
  readonly status?: number;
}

/** A route, as whoever calls it needs to know it. */
export interface Operation {
  readonly method: Method;
  /** As the router has it: `/v1/segments/:id`. */
  readonly path: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** What the key must have; null = no key is needed. */
  readonly scope: string | null;
  /** The schema that the route validates with. */
  readonly query?: z.ZodObject;
  /** What it reads of the request's headers, beside the key; none of them must be there. */
  readonly headers?: readonly Header[];
  /** The schema that the route validates with; none of a body that is read line by line. */
  readonly body?: z.ZodType;
  /** How the body may be written; default JSON where there is a schema. */
  readonly takes?: readonly MediaType[];
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beside those that every operation may have. */
  readonly refusals?: readonly ApiRefusal[];
  readonly example: Example;
  /** Answered before the router, by the front door. */
  readonly isFront?: true;
}

/** Chapters of the reference, in their order. */
export const TAGS = {
  Collection: 'What browsers, apps and servers send. Most of it without a key.',
  Sync: 'Matching cookies with partners, in the dialect of Prebid Server.',
  People: 'What a person can see and say here, without a key.',
  Sites: 'Whose pages send hits.',
  Partners: 'Whose ids ours are matched with.',
  Segments: 'Rules, their members, and what became of both.',
  Destinations: 'Where segments are sent, and what became of it.',
  Visitors: 'One person: what is known, why, and how it is forgotten.',
  Uploads: 'What others know of visitors, taken in line by line. Each upload leaves a receipt.',
  Models: 'Demographics, interests and identity, as the jobs have made them.',
  Reports: 'What happened over time, as JSON or CSV.',
  Operation: 'Jobs, journal, keys, alerts, probes.',
  Console: 'What the web console signs in with.',
} as const;
export type Tag = keyof typeof TAGS;

/** The status by which an operation is answered that does what it was asked. */
export const usualStatus = ({ answers }: Operation): number => Math.min(...Object.keys(answers).map(Number));

/** `{id}` for `:id` and for `:id{.+}`, as OpenAPI writes paths. */
export const openPath = (path: string): string => path.replace(/:(\w+)(?:\{[^}]*\})?/g, '{$1}');

/** The names of a path's parameters, in their order. */
export const paramsOf = (path: string): string[] =>
  [...openPath(path).matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);

/** The path of a request: an id may hold a slash where the router says so. */
export function requestPath({ path }: Operation, { params = {}, query = {} }: Example): string {
  const filled = openPath(path).replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? name),
  );
  const asked = new URLSearchParams(query).toString();
  return asked === '' ? filled : `${filled}?${asked}`;
}
