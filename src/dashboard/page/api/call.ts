/** What the API said it will not do: `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  /** The reason of the closed list; `unreachable` where there was no answer at all. */
  readonly type: string;
  /** Of a rule, every mistake with its path. */
  readonly mistakes: readonly Mistake[];
  /** Of what was sent, everything that is wrong with its path, such as `/domains/1`. */
  readonly fields: readonly FieldProblem[];

  constructor(
    status: number,
    type: string,
    detail: string,
    mistakes: readonly Mistake[] = [],
    fields: readonly FieldProblem[] = [],
  ) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
    this.type = type;
    this.mistakes = mistakes;
    this.fields = fields;
  }
}

export interface FieldProblem {
  /** Empty = of the whole. */
  readonly path: string;
  readonly message: string;
}

export interface Mistake {
  readonly type: string;
  readonly path: string;
  readonly message: string;
}

/** There was no answer at all. */
export const UNREACHABLE = 'The server does not answer. See whether it runs and this machine reaches it.';

/** Heard by the shell: the session is over, or its key has ended. */
export const SIGNED_OUT = 'ninety:signed-out';

/**
 * Asks the API, as anybody with a key can, by the session's cookie.
 *
 * @param body sent as JSON.
 * @param ifMatch the version that was read: what is of another by now is left as it is, and the Problem is of 412.
 * @throws Problem, and what `fetch` throws where `signal` ends it.
 */
export async function call<T>(
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
  ifMatch?: number,
): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      'Ninety-Console': '1',
      ...(ifMatch === undefined ? {} : { 'If-Match': `"${ifMatch}"` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    if (signal?.aborted) throw error;
    throw new Problem(0, 'unreachable', UNREACHABLE);
  });
  if (answer.status === 204) return undefined as T;
  if (answer.ok) return (await answer.json()) as T;
  throw await problemOf(answer, path);
}

/**
 * What an answer that is no yes says.
 *
 * @param path that was asked.
 */
export async function problemOf(answer: Response, path: string): Promise<Problem> {
  const said = (await answer.json().catch(() => ({}))) as {
    type?: string;
    detail?: string;
    mistakes?: Mistake[];
    problems?: string[];
  };
  if (answer.status === 401 && path !== '/v1/session') dispatchEvent(new Event(SIGNED_OUT));
  return new Problem(
    answer.status,
    (said.type ?? 'internal').replace('urn:ninety:', ''),
    said.detail ?? `The server answered ${answer.status}.`,
    said.mistakes,
    said.problems?.map(fieldProblem),
  );
}

/** The API writes them as `/path: what is wrong`. */
function fieldProblem(text: string): FieldProblem {
  const [, path = '', message = text] = /^(\/[^:\s]*): (.*)$/s.exec(text) ?? [];
  return { path, message };
}

/** What went wrong, for who looks at the page; what is no problem of the API's is a fault of ours. */
export const asProblem = (error: unknown): Problem =>
  error instanceof Problem
    ? error
    : new Problem(0, 'internal', 'This page has a fault; the browser’s console has more.');
