import { once } from 'node:events';
import { Readable } from 'node:stream';
import { Hono } from 'hono';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Tally } from '../report/tally.ts';
import { bulkStreams } from './bulk-streams.ts';
import type { Env } from './http.ts';
import { ApiError, sendProblem } from './problem.ts';
import { streamed } from './streamed.ts';

const STILL_MS = 60_000;
const PATH = '/v1/export';
const MOST = 6;

/** An API whose streams a test feeds, each read or not. */
class Api {
  readonly tally = new Tally();
  readonly streams: Readable[] = [];
  readonly #app = new Hono<Env>();

  constructor() {
    const log = pino({ level: 'silent' });
    this.#app.use(async (c, next) => {
      const id = c.req.header('key');
      c.set('caller', id === undefined ? undefined : { id, scopes: [] });
      await next();
    });
    this.#app.use('/v1/*', bulkStreams({ tally: this.tally, log, stillMs: STILL_MS, most: MOST }));
    this.#app.get(PATH, (c) => {
      if (c.req.query('bad') === '1') throw new ApiError('not_found', 'No.');
      const lines = new Readable({ read: () => undefined });
      this.streams.push(lines);
      return streamed(c, lines, new AbortController(), {});
    });
    this.#app.get('/v1/sites', (c) => c.json([]));
    this.#app.onError((error, c) => sendProblem(c, error as ApiError));
  }

  async ask(key: string, path = PATH, method = 'GET') {
    return this.#app.request(path, { method, headers: { key } });
  }

  async status(key: string, path?: string, method?: string) {
    const answer = await this.ask(key, path, method);
    const { type } = answer.status === 200 ? { type: '' } : ((await answer.json()) as { type: string });
    return `${answer.status} ${type.replace('urn:ninety:', '')}`.trim();
  }

  counted = (name: string) => this.tally.totals().find(({ reason }) => reason === name)?.n ?? 0;
  stalled = () => this.counted('stream_stalled');
}

describe('bulk streams of a key', () => {
  it('are four at once, each counted until it is closed; other keys and small reads go on', async () => {
    const api = new Api();
    const answers = [];
    for (let n = 0; n < 4; n++) answers.push(await api.ask('one'));
    const refused = await api.ask('one');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await api.status('one')).toBe('429 too_many_streams');
    expect(await api.status('one', '/v1/sites')).toBe('200');
    expect(await api.status('other')).toBe('200');
    // One is read to its end, one is given up by its reader, one fails.
    api.streams[0]!.push(null);
    await answers[0]!.text();
    await answers[1]!.body!.cancel();
    const failed = once(api.streams[2]!, 'close').catch(() => undefined);
    api.streams[2]!.destroy(new Error('away'));
    await failed;
    await expect(answers[2]!.text()).rejects.toThrow();
    for (let n = 0; n < 3; n++) expect(await api.status('one')).toBe('200');
    expect(await api.status('one')).toBe('429 too_many_streams');
  });

  it('are bounded over all keys too, so that connections are left for everybody else', async () => {
    const api = new Api();
    for (let n = 0; n < MOST; n++) expect(await api.status(`key${n}`)).toBe('200');
    const refused = await api.ask('late');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await api.status('late')).toBe('429 too_many_streams');
    expect(api.counted('too_many_streams')).toBe(2);
    expect(await api.status('late', '/v1/sites')).toBe('200');
    const closed = once(api.streams[0]!, 'close');
    api.streams[0]!.destroy();
    await closed;
    expect([await api.status('late'), await api.status('late')]).toEqual(['200', '429 too_many_streams']);
  });

  it('that are refused do not count', async () => {
    const api = new Api();
    for (let n = 0; n < 9; n++) expect(await api.status('one', `${PATH}?bad=1`)).toBe('404 not_found');
    expect(await api.status('one')).toBe('200');
  });

  it('are not asked for by HEAD, which would read them for nobody', async () => {
    const api = new Api();
    const answer = await api.ask('one', PATH, 'HEAD');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
    expect(api.streams).toEqual([]);
    expect((await api.ask('one', '/v1/sites', 'HEAD')).status).toBe(200);
  });
});

describe('a bulk stream', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] }));
  afterEach(() => void vi.useRealTimers());
  const MUCH = Buffer.alloc(300_000);

  it('of which its reader takes nothing is ended, by name', async () => {
    const api = new Api();
    const { body } = await api.ask('one');
    const stream = api.streams[0]!;
    for (let n = 0; n < 4; n++) stream.push(MUCH);
    const reader = body!.getReader();
    await reader.read();
    await vi.advanceTimersByTimeAsync(STILL_MS / 2);
    expect(stream.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(STILL_MS * 2);
    expect([stream.destroyed, api.stalled()]).toEqual([true, 1]);
    await expect(
      (async () => {
        while (!(await reader.read()).done);
      })(),
    ).rejects.toThrow();
  });

  it('whose reader waits for more is not', async () => {
    const api = new Api();
    const { body } = await api.ask('one');
    const reader = body!.getReader();
    const reading = reader.read();
    await vi.advanceTimersByTimeAsync(STILL_MS * 5);
    api.streams[0]!.push('late');
    expect(Buffer.from((await reading).value!).toString()).toBe('late');
    expect([api.streams[0]!.destroyed, api.stalled()]).toEqual([false, 0]);
  });
});
