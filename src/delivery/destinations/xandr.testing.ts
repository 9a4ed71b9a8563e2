import { gunzipSync } from 'node:zlib';
import type { Answer, Received } from '../outbound/server.testing.ts';
import { ContractServer } from './contract-server.testing.ts';

type Phase = 'starting' | 'validating' | 'processing' | 'completed' | 'error';

interface UploadJob {
  readonly created: number;
  phase: Phase;
  file: string | undefined;
  result: Record<string, unknown>;
}

export interface XandrOptions {
  readonly username?: string;
  readonly password?: string;
  readonly memberId?: string;
  /** Milliseconds; two hours of idling end a token, five minutes an upload URL. */
  readonly now?: () => number;
  /** Segments that are there; every other is invalid. */
  readonly segments?: readonly string[];
  /** Segments of another member. */
  readonly foreign?: readonly string[];
  /** Users it does not know. */
  readonly unknown?: readonly string[];
  /** Between two uploads. */
  readonly uploadMs?: number;
  readonly fileBytes?: number;
  /** Whether a missing login is told with status 200, as the real one does at times. */
  readonly noAuthStatus?: number;
  /** Whether jobs are told in a list, as data providers are. */
  readonly inList?: boolean;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const COUNTERS =
  'valid valid_user invalid_format invalid_user invalid_segment invalid_timestamp unauth_segment past_expiration inactive_segment other_error';

/**
 * Xandr's Batch Segment Service after its documentation: login (ten in five minutes), job, upload URL good for five
 * minutes and the last one alone, the one content type, size, one upload a minute, at most 1,800 segments a line,
 * phases that go on with each question, and counters that are there when the job is completed.
 */
export class Xandr extends ContractServer {
  readonly #options: XandrOptions;
  readonly #tokens = new Map<string, number>();
  readonly #jobs = new Map<string, UploadJob>();
  readonly #held = new Map<string, Map<string, number>>();
  readonly #logins: number[] = [];
  #newest = '';
  #jobError = 'uploading-error';
  #lastUpload = Number.NEGATIVE_INFINITY;
  /** Phases that a job stays in for ever. */
  stuckAt: Phase | undefined;
  uploads = 0;
  logins = 0;
  /** The `authorization` of each upload; the documentation asks for none. */
  readonly uploadKeys: (string | undefined)[] = [];

  constructor(options: XandrOptions = {}) {
    super();
    this.#options = options;
  }

  logOutAll(): void {
    this.#tokens.clear();
  }

  /** Lets jobs fail that have a file and are not completed. @param names those alone; without: all. */
  failJobs(names: readonly string[] = [...this.#jobs.keys()], code = 'uploading-error'): void {
    this.#jobError = code;
    for (const [name, job] of this.#jobs)
      if (job.file !== undefined && names.includes(name)) job.phase = 'error';
  }

  members(segment: string): string[] {
    return [...this.#held].flatMap(([user, segments]) => (segments.has(segment) ? [user] : [])).sort();
  }

  ttl(user: string, segment: string): number | undefined {
    return this.#held.get(user)?.get(segment);
  }

  #now = () => this.#options.now?.() ?? Date.now();

  protected override answer(received: Received): Answer {
    const { method, path, headers, query } = received;
    if (path === '/auth' && method === 'POST') return this.#logIn(received);
    if (path.startsWith('/segment-upload/') && method === 'POST')
      return this.#upload(path.slice(16), received);
    if (path !== '/batch-segment')
      return { status: 404, body: { response: { error_id: 'SYNTAX', error: 'no such service' } } };
    const token = String(headers.authorization);
    const used = this.#tokens.get(token);
    if (used === undefined || this.#now() - used > 2 * 3_600_000) {
      return {
        status: this.#options.noAuthStatus ?? 401,
        body: { response: { error_id: 'NOAUTH', error: 'not logged in' } },
      };
    }
    this.#tokens.set(token, this.#now());
    if (query.get('member_id') !== (this.#options.memberId ?? '456'))
      return said('ERROR', { error_id: 'UNAUTH' });
    if (method === 'POST')
      return received.body.length > 0 ? said('ERROR', { error_id: 'SYNTAX' }) : this.#newJob();
    return this.#tell(query.get('job_id') ?? '');
  }

  #logIn({ body }: Received): Answer {
    const { auth } = JSON.parse(String(body)) as { auth: Record<string, unknown> };
    const { username = 'user', password = 'pass' } = this.#options;
    if (auth['username'] !== username || auth['password'] !== password) {
      return {
        status: 401,
        body: { response: { error_id: 'UNAUTH', error: 'No match found for user/pass' } },
      };
    }
    const now = this.#now();
    if (this.#logins.filter((time) => now - time < 5 * 60_000).length >= 10)
      return said('ERROR', { error_id: 'SYSTEM' });
    this.#logins.push(now);
    const token = `token-${++this.logins}`;
    this.#tokens.set(token, now);
    return said('OK', { token });
  }

  #newJob(): Answer {
    if ([...this.#jobs.values()].filter(({ phase }) => phase === 'processing').length > 200) {
      return said('ERROR', { error_code: 'RATE_LIMIT_EXCEEDED' });
    }
    const job = `Job${this.#jobs.size + 1}`;
    this.#newest = job;
    this.#jobs.set(job, { created: this.#now(), phase: 'starting', file: undefined, result: {} });
    return said('OK', this.#inForm({ job_id: job, upload_url: `${this.url}/segment-upload/${job}` }));
  }

  #upload(id: string, { headers, body }: Received): Answer {
    this.uploadKeys.push(headers.authorization);
    const job = this.#jobs.get(id);
    const now = this.#now();
    const { uploadMs = 60_000, fileBytes = 500_000_000 } = this.#options;
    if (job === undefined || id !== this.#newest || job.file !== undefined)
      return said('ERROR', { error_id: 'SYNTAX' });
    if (now - job.created > 5 * 60_000) return said('ERROR', { error_id: 'SYNTAX' });
    const file = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
    // Which of the two is meant nobody says.
    if (Math.max(body.length, file.length) > fileBytes)
      return said('ERROR', { error_code: 'FILESIZE_LIMIT_EXCEEDED' });
    if (now - this.#lastUpload < uploadMs) return said('ERROR', { error_code: 'RATE_LIMIT_EXCEEDED' });
    this.#lastUpload = now;
    this.uploads++;
    if (headers['content-type'] === 'application/octet-stream') {
      job.file = file.toString('latin1');
      job.phase = 'validating';
    }
    return said('OK', { segment_upload: { job_id: id } });
  }

  #tell(id: string): Answer {
    const job = this.#jobs.get(id);
    if (job === undefined) return said('ERROR', { error_id: 'SYNTAX' });
    const { phase } = job;
    if (phase !== this.stuckAt) {
      if (phase === 'validating') job.phase = 'processing';
      if (phase === 'processing') {
        job.phase = 'completed';
        job.result = this.#process(job.file ?? '');
      }
    }
    const error = phase === 'error' ? { error_code: this.#jobError } : { error_code: null };
    return said(
      'OK',
      this.#inForm({ job_id: id, phase, ...error, ...(phase === 'completed' ? job.result : {}) }),
    );
  }

  #inForm(job: Record<string, unknown>) {
    return { batch_segment_upload_job: this.#options.inList === true ? [job] : job };
  }

  #process(file: string): Record<string, number> {
    const counts = new Map(COUNTERS.split(' ').map((name) => [name, new Set<string>()]));
    const count = (name: string, what: string) => counts.get(name)!.add(what);
    const seen = new Set<string>();
    const lines = file.split('\n');
    if (lines.pop() !== '') count('invalid_format', 'no end of the last line');
    for (const [at, line] of lines.entries()) {
      const [, user = '', list = '', device] =
        /^([^,;:^]+),(\d+:-?\d+(?:;\d+:-?\d+)*)(?:\^(\d+))?$/.exec(line) ?? [];
      const pairs = list.split(';').map((pair) => pair.split(':') as [string, string]);
      if (list === '' || seen.has(line) || pairs.length > 1800) count('invalid_format', String(at));
      else if (!this.#knows(user, device)) count('invalid_user', String(at));
      else {
        count('valid_user', String(at));
        for (const [segment, expiration] of pairs)
          this.#put(user, device, segment, Number(expiration), count);
      }
      seen.add(line);
    }
    return Object.fromEntries([...counts].map(([name, those]) => [`num_${name}`, those.size]));
  }

  #knows(user: string, device: string | undefined): boolean {
    if (this.#options.unknown?.includes(user) === true) return false;
    if (device === undefined) return /^[1-9]\d{0,19}$/.test(user);
    return ['3', '8', '10'].includes(device) && UUID.test(user);
  }

  #put(
    user: string,
    device: string | undefined,
    segment: string,
    expiration: number,
    count: (name: string, what: string) => void,
  ) {
    if (this.#options.foreign?.includes(segment) === true) return void count('unauth_segment', segment);
    if (this.#options.segments?.includes(segment) === false) return void count('invalid_segment', segment);
    if (expiration < -1 || expiration > 259_200) return void count('past_expiration', segment);
    const name = device === undefined ? user : `${user}^${device}`;
    count('valid', `${name} ${segment}`);
    const held = this.#held.get(name) ?? new Map<string, number>();
    this.#held.set(name, held);
    if (expiration === -1) held.delete(segment);
    else held.set(segment, expiration);
  }
}

const said = (status: 'OK' | 'ERROR', more: object): Answer => ({
  status: 200,
  body: { response: { status, ...more } },
});
