import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isObject, parseJson } from '../../json-object.ts';
import { type Context, DeliveryError } from '../destination.ts';
import { refusedBy } from '../outbound/refusal.ts';
import type { Asked, Reply } from '../outbound.ts';

export interface XandrAccess {
  readonly endpoint: string;
  readonly memberId: string;
  readonly username: string;
  readonly password: string;
}

/** A job as Xandr tells of it; counts are there once its phase is `completed`. */
export interface Job {
  readonly phase: string;
  readonly count: (name: string) => number;
  readonly errorCode: string;
  /** Whether it failed because of a limit of an hour or a day. */
  readonly isLimited: boolean;
}

/** A token lives two hours from its last use; a tenth less, so that it does not end under way. */
const TOKEN_MS = 108 * 60_000;
/** An upload that takes more than 90 minutes is given up by Xandr. */
const UPLOAD_MS = 85 * 60_000;

/** Tokens of this process: logging in more than ten times in five minutes is refused. */
const tokens = new Map<string, { readonly token: Promise<string>; readonly until: number }>();

/**
 * A limit that is another hour's or day's: beside `RATE_LIMIT_EXCEEDED` a member has `daily_byte_limit` and
 * `daily_num_lines_limit` (Batch Segment Config Service), whose codes are not published. To wait for a day in vain costs
 * less than to give a chunk up that would be taken on the next.
 */
const LIMIT = /limit|RATE_EXCEEDED/i;
/** Errors that waiting does not mend, whatever word is in their texts. */
const KNOWN_ERRORS: ReadonlySet<string> = new Set(['SYNTAX', 'INTEGRITY', 'UNAUTH', 'NOAUTH']);

/** Whether an answer, or a job that failed, says so by its code, or in words beside a code that nobody knows. */
const isLimited = ({ error_code: code, error_id: id, error }: Json): boolean =>
  [code, id, ...(KNOWN_ERRORS.has(plain(code ?? id)) ? [] : [error])].some(
    (each) => typeof each === 'string' && LIMIT.test(each),
  );

type Json = Record<string, unknown>;

/**
 * Microsoft Monetize's (Xandr's) API, as far as the Batch Segment Service needs it. Every answer is
 * `{response: {status, …}}`, and an error may come with HTTP status 200.
 */
export class XandrApi {
  readonly #access: XandrAccess;
  readonly #context: Context<unknown>;
  readonly #endpoint: string;

  constructor(access: XandrAccess, context: Context<unknown>) {
    this.#access = access;
    this.#context = context;
    this.#endpoint = access.endpoint.replace(/\/+$/, '');
  }

  /** Asks for a job and where its file is to go; the URL is good for five minutes, and the last one alone. */
  async newJob(): Promise<{ readonly job: string; readonly uploadUrl: string }> {
    const answer = await this.#call('POST', { member_id: this.#access.memberId });
    const { job_id: job, upload_url: uploadUrl } = jobIn(answer);
    if (typeof job !== 'string' || typeof uploadUrl !== 'string') throw noSuch('job');
    return { job, uploadUrl };
  }

  async job(job: string): Promise<Job> {
    const told = jobIn(await this.#call('GET', { member_id: this.#access.memberId, job_id: job }));
    const { phase, error_code: errorCode } = told;
    if (typeof phase !== 'string') throw noSuch('phase');
    return {
      phase,
      count: (name) => Math.max(0, Math.floor(Number(told[name] ?? 0)) || 0),
      errorCode: plain(errorCode),
      isLimited: isLimited(told),
    };
  }

  /** The token stays here: the URL alone says whose upload it is, and it lies on another host. */
  async upload(uploadUrl: string, path: string, bytes: number): Promise<void> {
    const body = { stream: () => createReadStream(path), bytes };
    const headers = { 'content-type': 'application/octet-stream' };
    const reply = await this.#ask({ method: 'POST', url: uploadUrl, headers, body, timeoutMs: UPLOAD_MS });
    responseIn(reply, this.#context.now());
  }

  async #call(method: 'GET' | 'POST', query: Record<string, string>): Promise<Json> {
    const url = `${this.#endpoint}/batch-segment?${new URLSearchParams(query)}`;
    const ask = async () => this.#ask({ method, url, headers: { authorization: await this.#token() } });
    let reply = await ask();
    if (isLoggedOut(reply)) {
      tokens.delete(this.#tokenKey());
      reply = await ask();
    }
    return responseIn(reply, this.#context.now());
  }

  async #token(): Promise<string> {
    const key = this.#tokenKey();
    const now = this.#context.now().getTime();
    const known = tokens.get(key);
    if (known !== undefined && known.until > now) return known.token;
    const token = this.#logIn();
    tokens.set(key, { token, until: now + TOKEN_MS });
    token.catch(() => tokens.delete(key));
    return token;
  }

  async #logIn(): Promise<string> {
    const { username, password } = this.#access;
    const reply = await this.#ask({
      method: 'POST',
      url: `${this.#endpoint}/auth`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { username, password } }),
    });
    const { token } = responseIn(reply, this.#context.now());
    if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw noSuch('token');
    return token;
  }

  #tokenKey(): string {
    const { username, password } = this.#access;
    return createHash('sha256')
      .update(JSON.stringify([this.#endpoint, username, password]))
      .digest('hex');
  }

  #ask(asked: Asked): Promise<Reply> {
    return this.#context.outbound.ask(asked, this.#context.abort);
  }
}

/** An object for members, a list of one for data providers. */
function jobIn(response: Json): Json {
  const told = response['batch_segment_upload_job'];
  const job: unknown = Array.isArray(told) ? told[0] : told;
  return isObject(job) ? job : {};
}

const isLoggedOut = (reply: Reply) => reply.status === 401 || envelope(reply)?.['error_id'] === 'NOAUTH';

function envelope(reply: Reply): Json | undefined {
  const answer = parseJson(reply.body.toString('utf8'));
  return isObject(answer) && isObject(answer['response']) ? answer['response'] : undefined;
}

function responseIn(reply: Reply, now: Date): Json {
  const response = envelope(reply);
  const code = plain(response?.['error_code'] ?? response?.['error_id']);
  const isFailed = response?.['status'] === 'ERROR' || code !== '';
  // By their names, because the status is often 200.
  if (reply.status === 401 || code === 'NOAUTH')
    throw new DeliveryError('unauthorized', code || 'status 401', { retry: false });
  if (code === 'UNAUTH') throw new DeliveryError('forbidden', code, { retry: false });
  // A member's limit of its own, below the one of all.
  if (code === 'FILESIZE_LIMIT_EXCEEDED')
    throw new DeliveryError('too_large', `${code}: give the destination a lower fileMegabytes`, {
      retry: false,
    });
  if (isFailed && isLimited(response ?? {})) {
    const { afterMs } = refusedBy({ ...reply, status: 429 }, now);
    throw new DeliveryError('rate_limited', code || 'a limit', { retry: true, afterMs });
  }
  if (reply.status < 200 || reply.status > 299) throw refusedBy(reply, now, code);
  if (response === undefined) throw noSuch('response');
  if (isFailed) {
    throw new DeliveryError(code === 'SYSTEM' ? 'unavailable' : 'rejected', code, {
      retry: code === 'SYSTEM',
    });
  }
  return response;
}

/** Their names for errors; their texts may repeat what they were sent. */
const plain = (code: unknown) => (typeof code === 'string' && /^[\w-]{1,80}$/.test(code) ? code : '');

const noSuch = (what: string) => new DeliveryError('bad_answer', `no ${what} in it`, { retry: true });
