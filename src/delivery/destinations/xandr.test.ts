import { afterEach, describe, expect, it } from 'vitest';
import { type Context, DeliveryError } from '../destination.ts';
import { chunkOf, contextOf, type LineOf } from './chunk.testing.ts';
import { Xandr, type XandrOptions } from './xandr.testing.ts';
import { type Pace, xandrAt } from './xandr.ts';

const FAST: Pace = { uploadMs: 0, askMs: 1, patienceMs: 10_000, laterMs: 300_000 };
const IDFA = 'aebe52e7-03ee-455a-b3c4-e57283966239';

let server: Xandr;
afterEach(() => server?.close());

const opened = async (options: XandrOptions = {}) => {
  server = await new Xandr({ uploadMs: 0, ...options }).open();
  return server;
};

type Settings = Parameters<ReturnType<typeof xandrAt>['send']>[1]['settings'];
interface Try extends Partial<Omit<Context<Settings>, 'settings'>> {
  readonly settings?: Record<string, unknown>;
  readonly pace?: Pace;
  readonly ttlMinutes?: number;
}

async function tried(lines: readonly LineOf[], { settings, pace = FAST, ttlMinutes, ...given }: Try = {}) {
  const type = xandrAt(pace);
  const parsed = type.settings.parse({
    endpoint: server.url,
    memberId: '456',
    username: 'user',
    password: 'pass',
    ...settings,
  });
  const context = await contextOf(parsed, given);
  const chunk = chunkOf(lines, ttlMinutes === undefined ? {} : { segments: { '10': { ttlMinutes } } });
  return { context, result: type.send(chunk, context) };
}

const sent = async (lines: readonly LineOf[], options?: Try) => (await tried(lines, options)).result;

async function failed(lines: readonly LineOf[], options?: Try) {
  const { context, result } = await tried(lines, options);
  const error: unknown = await result.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DeliveryError);
  return { error: error as DeliveryError, memory: context.memory };
}

describe('Xandr', () => {
  it('is told who came and who went, and holds the set that this leaves', async () => {
    await opened();
    await sent([
      { uid: '123', add: ['10', '11'] },
      { uid: '124', add: ['10'] },
      { source: 'idfa', uid: IDFA, add: ['10'] },
      { source: 'gaid', uid: IDFA, add: ['11'] },
    ]);
    expect(await sent([{ uid: '123', add: ['12'], remove: ['10'] }])).toEqual({
      accepted: 1,
      failed: [],
      counted: new Map(),
    });
    expect(server.members('10')).toEqual(['124', `${IDFA}^3`]);
    expect(server.members('11')).toEqual(['123', `${IDFA}^8`]);
    expect(server.members('12')).toEqual(['123']);
  });

  it.each<[number, number]>([
    [1440, 1440],
    [0, 1],
    [-5, 1],
    [999_999, 259_200],
  ])('gives a life of %i minutes as %i', async (ttlMinutes, told) => {
    await opened();
    await sent([{ uid: '123', add: ['10'] }], { ttlMinutes });
    expect(server.ttl('123', '10')).toBe(told);
  });

  it('tells the counters under the names of reasons, and which ids could not stand in the file', async () => {
    await opened({ unknown: ['125'], segments: ['10', '12'], foreign: ['12'] });
    const taken = await sent([
      { uid: '123', add: ['10'] },
      { uid: 'a,10:0\n124', add: ['10'] },
      { uid: '124', add: ['10', '11', '12'] },
      { uid: '125', add: ['10'] },
      { source: 'idfa', uid: 'no-uuid', add: ['10'] },
    ]);
    expect(taken).toEqual({
      accepted: 2,
      failed: [
        { number: 1, reason: 'bad_id', detail: 'no id of its kind', retry: false },
        { number: 4, reason: 'bad_id', detail: 'no id of its kind', retry: false },
      ],
      counted: new Map([
        ['unknown_id', 1],
        ['unknown_segment', 1],
        ['bad_segment', 1],
      ]),
    });
    expect(server.members('10')).toEqual(['123', '124']);
  });

  it('uploads nothing where no id can stand in a file', async () => {
    await opened();
    expect(await sent([{ uid: 'x', add: ['10'] }])).toMatchObject({ accepted: 0, failed: [{ number: 0 }] });
    expect(server.uploads).toBe(0);
  });

  it('breaks a line of more than 1,800 segments', async () => {
    await opened({ inList: true });
    const codes = Array.from({ length: 4000 }, (_, n) => String(n + 1));
    expect(await sent([{ uid: '123', add: codes }])).toEqual({ accepted: 1, failed: [], counted: new Map() });
    expect(codes.filter((code) => server.members(code).length === 1)).toHaveLength(4000);
  });

  it('logs in once for many chunks, and again when it was logged out', async () => {
    await opened();
    for (let n = 1; n <= 12; n++) await sent([{ uid: String(n), add: ['10'] }]);
    expect(server.logins).toBe(1);
    server.logOutAll();
    await sent([{ uid: '20', add: ['10'] }]);
    expect(server.logins).toBe(2);
    expect(server.members('10')).toHaveLength(13);
    expect(server.uploadKeys.every((key) => key === undefined)).toBe(true);
  });

  it('sees that it was logged out also by a status of success', async () => {
    await opened({ noAuthStatus: 200 });
    await sent([{ uid: '1', add: ['10'] }]);
    server.logOutAll();
    await sent([{ uid: '2', add: ['10'] }]);
    expect(server.members('10')).toEqual(['1', '2']);
  });

  it('leaves a job that takes long, and asks about it in the next try: one upload', async () => {
    await opened();
    server.stuckAt = 'processing';
    const lines = [{ uid: '123', add: ['10'] }];
    const { error, memory } = await failed(lines, { pace: { ...FAST, patienceMs: 20 } });
    expect(error).toMatchObject({ reason: 'processing', retry: true, afterMs: 300_000 });
    expect(xandrAt(FAST).hasAll?.(memory.state!)).toBe(true);
    server.stuckAt = undefined;
    expect(await sent(lines, { remembered: memory.state })).toMatchObject({ accepted: 1 });
    expect(server.uploads).toBe(1);
    expect(server.members('10')).toEqual(['123']);
  });

  it.each<[string, 'before' | 'after', number]>([
    ['before its upload uploads', 'before', 1],
    ['after its upload, before that was written down, does not upload again', 'after', 1],
  ])('killed %s', async (_, when, uploads) => {
    await opened();
    const lines = [{ uid: '123', add: ['10'] }];
    let state: string | undefined;
    let notes = 0;
    const remember = async (told: string) => {
      notes++;
      if (when === 'before' || notes === 1) state = told;
      if (when === 'before' || notes === 2) throw new Error('killed');
    };
    await expect(sent(lines, { remember })).rejects.toThrow('killed');
    expect(server.uploads).toBe(when === 'before' ? 0 : 1);
    expect(xandrAt(FAST).hasAll?.(state!)).toBe(false);
    expect(await sent(lines, { remembered: state })).toMatchObject({ accepted: 1 });
    expect(server.uploads).toBe(uploads);
  });

  it('begins anew after a job that failed', async () => {
    await opened();
    server.stuckAt = 'validating';
    const lines = [{ uid: '123', add: ['10'] }];
    const first = await failed(lines, { pace: { ...FAST, patienceMs: 20 } });
    server.failJobs();
    const second = await failed(lines, { remembered: first.memory.state });
    expect(second.error).toMatchObject({ reason: 'job_failed', retry: true, message: 'uploading-error' });
    server.stuckAt = undefined;
    expect(await sent(lines, { remembered: second.memory.state })).toMatchObject({ accepted: 1 });
    expect(server.uploads).toBe(2);
  });

  it('waits for another day where a job failed by a limit of this one', async () => {
    await opened();
    server.stuckAt = 'processing';
    const lines = [{ uid: '123', add: ['10'] }];
    const first = await failed(lines, { pace: { ...FAST, patienceMs: 20 } });
    server.failJobs(undefined, 'daily-byte-limit');
    const second = await failed(lines, { remembered: first.memory.state });
    expect(second.error).toMatchObject({ reason: 'rate_limited', retry: true, message: 'daily-byte-limit' });
    server.stuckAt = undefined;
    expect(await sent(lines, { remembered: second.memory.state })).toMatchObject({ accepted: 1 });
  });

  it('does not wait for what no day mends, though a limit is in its words', async () => {
    await opened();
    const response = { status: 'ERROR', error_id: 'SYNTAX', error: 'expiration is above its limit' };
    server.next({ status: 200, body: { response } }, '/batch-segment');
    const { error } = await failed([{ uid: '123', add: ['10'] }]);
    expect(error).toMatchObject({ reason: 'rejected', retry: false, message: 'SYNTAX' });
  });

  it('gives up on a job that is not done within a day', async () => {
    await opened();
    server.stuckAt = 'processing';
    const lines = [{ uid: '123', add: ['10'] }];
    const { memory } = await failed(lines, { pace: { ...FAST, patienceMs: 20 } });
    const tomorrow = () => new Date(Date.now() + 25 * 3_600_000);
    const { error, memory: after } = await failed(lines, { remembered: memory.state, now: tomorrow });
    expect(error).toMatchObject({ reason: 'job_failed', retry: true });
    expect(xandrAt(FAST).hasAll?.(after.state!)).toBe(false);
    server.stuckAt = undefined;
    expect(await sent(lines, { remembered: after.state })).toMatchObject({ accepted: 1 });
    expect(server.uploads).toBe(2);
  });

  it.each<[string, XandrOptions, Record<string, unknown>, string, boolean]>([
    ['a wrong password', {}, { password: 'other' }, 'unauthorized', false],
    ['another member', {}, { memberId: '999' }, 'forbidden', false],
    ['a file that is too large', { fileBytes: 10 }, {}, 'too_large', false],
  ])('is refused: %s', async (_, options, settings, reason, retry) => {
    await opened(options);
    const { error } = await failed([{ uid: '123', add: ['10'] }], { settings });
    expect(error).toMatchObject({ reason, retry });
    expect(error.message).not.toMatch(/pass|other|user/);
  });

  it.each<[string, Parameters<Xandr['next']>[0], string, number | undefined]>([
    ['/batch-segment', { status: 429, headers: { 'retry-after': '9' } }, 'rate_limited', 9000],
    ['/batch-segment', { status: 503, headers: { 'retry-after': '9' } }, 'unavailable', 9000],
    [
      '/segment-upload',
      { status: 200, body: { response: { status: 'ERROR', error_code: 'RATE_LIMIT_EXCEEDED' } } },
      'rate_limited',
      undefined,
    ],
    // What a limit of a day is called is not published.
    [
      '/batch-segment',
      { status: 200, body: { response: { status: 'ERROR', error_code: 'DAILY_BYTE_LIMIT_EXCEEDED' } } },
      'rate_limited',
      undefined,
    ],
    [
      '/segment-upload',
      { status: 200, body: { response: { status: 'ERROR', error_code: 'daily_num_lines_limit' } } },
      'rate_limited',
      undefined,
    ],
    [
      '/batch-segment',
      {
        status: 400,
        body: { response: { error_code: 'QUOTA', error: 'The daily byte limit of member 456 is reached.' } },
      },
      'rate_limited',
      undefined,
    ],
    ['/segment-upload', { status: 200, body: '<html>' }, 'bad_answer', undefined],
    ['/auth', { status: 500 }, 'unavailable', undefined],
  ])('waits as told by %s', async (path, answer, reason, afterMs) => {
    await opened();
    server.next(answer, path);
    const { error } = await failed([{ uid: '123', add: ['10'] }]);
    expect(error).toMatchObject({ reason, retry: true, afterMs });
  });

  describe('a chunk that is too much for a file', () => {
    const codes = Array.from({ length: 1800 }, (_, n) => String(1000 + n));
    const lines = Array.from({ length: 120 }, (_, n) => ({ uid: String(n + 1), add: codes }));
    const inAll = () => codes.every((code) => server.members(code).length === lines.length);
    const settings = { fileMegabytes: 1 };

    it('is several, each a job of its own and below the limit', async () => {
      await opened({ fileBytes: 1_000_000, segments: codes.slice(1), unknown: ['7', '111'] });
      expect(await sent(lines, { settings })).toEqual({
        accepted: 118,
        failed: [],
        // The segment is in every file, and so counted by every job.
        counted: new Map([
          ['unknown_id', 2],
          ['unknown_segment', 1],
        ]),
      });
      expect(server.uploads).toBe(3);
      expect(server.members(codes[1]!)).toHaveLength(118);
    });

    it('goes on with the files that were not uploaded', async () => {
      await opened({ fileBytes: 1_000_000 });
      let notes = 0;
      let state: string | undefined;
      const remember = async (told: string) => {
        state = told;
        notes++;
        // Of the second file: the note before its upload is the third.
        if (notes === 3) server.next({ status: 503 }, '/segment-upload');
      };
      const { error } = await failed(lines, { settings, remember });
      expect(error).toMatchObject({ reason: 'unavailable', retry: true });
      expect(server.uploads).toBe(1);
      expect(xandrAt(FAST).hasAll?.(state!)).toBe(false);
      expect(await sent(lines, { settings, remembered: state })).toMatchObject({ accepted: 120 });
      expect(server.uploads).toBe(3);
      expect(inAll()).toBe(true);
    });

    it('uploads the file of a job that failed again, and no other', async () => {
      await opened({ fileBytes: 1_000_000 });
      server.stuckAt = 'validating';
      const first = await failed(lines, { settings, pace: { ...FAST, patienceMs: 20 } });
      expect(first.error.reason).toBe('processing');
      expect(xandrAt(FAST).hasAll?.(first.memory.state!)).toBe(true);
      server.failJobs(['Job2']);
      server.stuckAt = undefined;
      const second = await failed(lines, { settings, remembered: first.memory.state });
      expect(second.error).toMatchObject({ reason: 'job_failed', retry: true });
      expect(await sent(lines, { settings, remembered: second.memory.state })).toMatchObject({
        accepted: 120,
        failed: [],
      });
      expect(server.uploads).toBe(4);
      expect(inAll()).toBe(true);
    });

    it('begins anew where it is parted otherwise than by the try before', async () => {
      await opened({ fileBytes: 1_000_000 });
      const { error, memory } = await failed(lines, { settings: { fileMegabytes: 2 } });
      expect(error).toMatchObject({ reason: 'too_large', retry: false });
      expect(error.message).toMatch(/fileMegabytes/);
      expect(await sent(lines, { settings, remembered: memory.state })).toMatchObject({ accepted: 120 });
      expect(inAll()).toBe(true);
    });
  });

  it('uploads one file at a time, no two within its pace', async () => {
    await opened({ uploadMs: 100 });
    const pace = { ...FAST, uploadMs: 120 };
    const all = await Promise.all(['1', '2', '3'].map((uid) => sent([{ uid, add: ['10'] }], { pace })));
    expect(all.map(({ accepted }) => accepted)).toEqual([1, 1, 1]);
    expect(server.members('10')).toEqual(['1', '2', '3']);
  });

  it('is sent to by one destination of a member at a time, as a new job takes the URL from the one before', () => {
    const endpointsOf = (memberId: string) => {
      const { limits, settings } = xandrAt(FAST);
      return limits(settings.parse({ memberId, username: 'u', password: 'p' })).endpoints;
    };
    expect(endpointsOf('1')).toEqual(['https://api.appnexus.com/batch-segment/1']);
    expect(endpointsOf('2')).not.toEqual(endpointsOf('1'));
  });

  it('takes as the name of a segment only what is a number, so none can break a line', () => {
    const { refuseCode } = xandrAt(FAST);
    expect(refuseCode?.('10000')).toBeUndefined();
    for (const code of ['', '0', '1:0;2', '1\n2', 'sport', '-1', '１０'])
      expect(refuseCode?.(code)).toBeDefined();
  });

  it("takes a member's own ids where it is told so", async () => {
    await opened();
    const shown = await xandrAt(FAST).preview(
      chunkOf([
        { uid: 'abcdefg', add: ['10'] },
        { uid: 'a^3', add: ['10'] },
        { source: 'rida', uid: IDFA, add: ['10'], remove: ['11'] },
      ]),
      xandrAt(FAST).settings.parse({ memberId: '1', username: 'u', password: 'hidden', externalIds: true }),
    );
    expect(shown).toBe(`abcdefg,10:129600\n${IDFA},10:129600;11:-1^10\n`);
  });
});
