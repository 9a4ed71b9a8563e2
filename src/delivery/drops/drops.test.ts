import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Context } from '../destination.ts';
import { contextOf } from '../destinations/chunk.testing.ts';
import { NOTHING_ALLOWED } from '../outbound/allow.ts';
import { createOutbound } from '../outbound/guarded.ts';
import { putFiles } from './open.ts';
import { type S3Options, serveS3 } from './s3.testing.ts';
import { type DropSettings, withDrop } from './settings.ts';
import { type SftpOptions, serveSftp, sshKeyPair } from './sftp.testing.ts';

const schema = withDrop({});
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const given = (settings: object, rest: Partial<Context<DropSettings>> = {}) =>
  contextOf<DropSettings>(schema.parse(settings), rest);

/** Files of these bodies, in the try's folder. */
async function files(context: { folder: string }, bodies: Record<string, string | Buffer>) {
  return Promise.all(
    Object.entries(bodies).map(async ([name, body], place) => {
      const path = join(context.folder, `file-${place}`);
      await writeFile(path, body);
      return { name, path };
    }),
  );
}

const reasonOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    (error: { reason?: string; retry?: boolean }) => `${error.reason}${error.retry ? ', again' : ''}`,
  );

describe('the settings of a drop', () => {
  const s3 = { drop: 's3', region: 'eu-1', bucket: 'files', accessKeyId: 'k', secretAccessKey: 's' };
  const sftp = { drop: 'sftp', host: 'h', username: 'u', password: 'p', hostKey: `SHA256:${'A'.repeat(43)}` };
  it.each([
    ['a folder', { drop: 'folder', path: 'a/b' }, []],
    ['a folder that steps up', { drop: 'folder', path: '../etc' }, ['path']],
    ['a folder that steps up later', { drop: 'folder', path: 'a/../../etc' }, ['path']],
    ['a folder from the root', { drop: 'folder', path: '/etc' }, ['path']],
    ['a folder that is not named', { drop: 'folder' }, ['path']],
    ['a bucket', s3, []],
    ['a bucket without a key', { ...s3, secretAccessKey: undefined }, ['secretAccessKey']],
    ['a bucket by another protocol', { ...s3, endpoint: 'file:///etc/passwd' }, ['endpoint']],
    ['SFTP', { ...sftp, path: '/upload' }, []],
    ['SFTP without a host key', { ...sftp, hostKey: undefined }, ['hostKey']],
    ['SFTP with neither password nor key', { ...sftp, password: undefined }, ['password']],
    ['SFTP with both', { ...sftp, privateKey: 'k' }, ['password']],
    ['a field that nobody knows', { drop: 'folder', path: 'a', pathh: 'b' }, ['']],
  ])('%s', (_, settings, wrong) => {
    const issues = schema.safeParse(settings).error?.issues ?? [];
    expect(issues.map(({ path }) => path.join('.'))).toEqual(wrong);
  });
});

describe('the drop in a folder', () => {
  it('has files whole, under their names alone, and again the same', async () => {
    const context = await given({ drop: 'folder', path: 'partner/in' });
    const some = await files(context, { 'a.gz': 'one', 'b.json': 'two' });
    await putFiles(context, some);
    await putFiles(context, some);
    const folder = join(context.drops, 'partner/in');
    expect((await readdir(folder)).sort()).toEqual(['a.gz', 'b.json']);
    expect(await readFile(join(folder, 'b.json'), 'utf8')).toBe('two');
  });

  it('never leads out, neither by a name nor by a link', async () => {
    const context = await given({ drop: 'folder', path: 'partner' });
    const [file] = await files(context, { 'a.gz': 'one' });
    for (const name of ['../a.gz', '/a.gz', '.a', 'a/b', 'a\nb', '']) {
      expect(await reasonOf(putFiles(context, [{ ...file!, name }]))).toBe('rejected');
    }
    await mkdir(join(context.folder, 'outside'));
    await symlink(join(context.folder, 'outside'), join(context.drops, 'link'));
    for (const path of ['link', 'link/deeper']) {
      const by = await contextOf<DropSettings>({ ...context.settings, path }, { drops: context.drops });
      expect(await reasonOf(putFiles(by, [file!]))).toBe('rejected');
    }
    expect(await readdir(join(context.folder, 'outside'))).toEqual([]);
  });

  it('that cannot be written says so, and may be tried again', async () => {
    const context = await given({ drop: 'folder', path: 'partner' });
    await mkdir(context.drops, { recursive: true });
    await writeFile(join(context.drops, 'partner'), 'a file in the way');
    expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe('unavailable, again');
  });
});

describe('the drop in a bucket', () => {
  // The library warns once, when it is first used.
  const warnings = vi.spyOn(process, 'emitWarning');
  const keys = { region: 'eu-central-1', bucket: 'files', accessKeyId: 'AKID', secretAccessKey: 'secret' };
  async function bucket(options: Partial<S3Options> = {}) {
    const server = await serveS3({ ...keys, ...options });
    closing.push(server.close);
    return server;
  }

  it('has files in their order, with signed requests', async () => {
    const server = await bucket();
    const context = await given({ drop: 's3', ...keys, endpoint: server.url, path: 'in/day=1/' });
    await putFiles(context, await files(context, { 'a_b.gz': 'one', 'z.info': 'two' }));
    expect([...server.objects].map(([key, body]) => [key, body.toString()])).toEqual([
      ['in/day=1/a_b.gz', 'one'],
      ['in/day=1/z.info', 'two'],
    ]);
  });

  it('has a large file in parts, whole', async () => {
    const server = await bucket();
    const context = await given({ drop: 's3', ...keys, endpoint: server.url });
    const body = randomBytes(40 * 1024 * 1024);
    await putFiles(context, await files(context, { 'large.gz': body, 'last.json': '{}' }));
    expect(server.objects.get('large.gz')!.equals(body)).toBe(true);
    expect([...server.objects.keys()]).toEqual(['large.gz', 'last.json']);
    expect(server.operations.filter((name) => name === 'UploadPart')).toHaveLength(3);
    expect(server.unfinished()).toBe(0);
  });

  it('shows nothing of a file whose parts fail, and keeps no parts', async () => {
    const server = await bucket({
      instead: ({ query }) => (query.get('partNumber') === '2' ? { status: 500 } : undefined),
    });
    const context = await given({ drop: 's3', ...keys, endpoint: server.url });
    const some = await files(context, { 'large.gz': randomBytes(40 * 1024 * 1024), 'last.json': '{}' });
    expect(await reasonOf(putFiles(context, some))).toBe('unavailable, again');
    expect([...server.objects.keys()]).toEqual([]);
    expect(server.unfinished()).toBe(0);
  });

  it.each([
    ['another secret', { secretAccessKey: 'other' }, 'unauthorized', 'SignatureDoesNotMatch'],
    ['another key', { accessKeyId: 'OTHER' }, 'unauthorized', 'InvalidAccessKeyId'],
    ['another region', { region: 'us-east-1' }, 'forbidden', 'AuthorizationHeaderMalformed'],
    ['another bucket', { bucket: 'others' }, 'rejected', 'NoSuchBucket'],
  ])('refuses %s, and says why by the code of S3', async (_, options, reason, code) => {
    const server = await bucket(options);
    const context = await given({ drop: 's3', ...keys, endpoint: server.url });
    const put = putFiles(context, await files(context, { a: 'x' }));
    await expect(put).rejects.toMatchObject({ reason, retry: false });
    await expect(put).rejects.toThrow(code);
    await expect(put).rejects.not.toThrow(/secret|AKID/);
    expect(server.objects.size).toBe(0);
  });

  it('waits for as long as the service asks for', async () => {
    const server = await bucket({ instead: () => ({ status: 503, headers: { 'retry-after': '1' } }) });
    const context = await given({ drop: 's3', ...keys, endpoint: server.url });
    const put = putFiles(context, await files(context, { a: 'x' }));
    await expect(put).rejects.toMatchObject({ reason: 'unavailable', retry: true, afterMs: 1000 });
  });

  it('has nothing to say about the version of Node', async () => {
    const server = await bucket();
    const context = await given({ drop: 's3', ...keys, endpoint: server.url });
    await putFiles(context, await files(context, { a: 'x' }));
    expect(server.objects.size).toBe(1);
    expect(warnings).not.toHaveBeenCalled();
  });

  it('tells by name what the service answered', async () => {
    for (const [status, reason] of [
      [301, 'rejected'],
      [413, 'too_large'],
      [429, 'rate_limited, again'],
      [503, 'unavailable, again'],
    ] as const) {
      const server = await bucket({
        instead: () => ({ status, headers: { location: 'http://127.0.0.1:1/' } }),
      });
      const context = await given({ drop: 's3', ...keys, endpoint: server.url });
      expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe(reason);
    }
  });

  it('is not reached where the way out is closed, by name or by address', async () => {
    const server = await bucket();
    const outbound = createOutbound({ allow: NOTHING_ALLOWED });
    for (const host of ['127.0.0.1', 'localhost']) {
      const endpoint = `http://${host}:${server.port}`;
      const context = await given({ drop: 's3', ...keys, endpoint }, { outbound });
      expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe('address_refused');
    }
    expect(server.operations).toEqual([]);
  });

  it('is left where the caller gives up, with nothing to be seen', async () => {
    const abort = new AbortController();
    const gone = new Error('stopped');
    const server = await bucket({
      instead: ({ query }) => {
        if (query.get('partNumber') === '2') abort.abort(gone);
        return undefined;
      },
    });
    const context = await given({ drop: 's3', ...keys, endpoint: server.url }, { abort: abort.signal });
    const some = await files(context, { 'large.gz': randomBytes(80 * 1024 * 1024) });
    await expect(putFiles(context, some)).rejects.toBe(gone);
    expect([...server.objects.keys()]).toEqual([]);
    expect(server.unfinished()).toBe(0);
  });

  it('that is nowhere says so', async () => {
    const context = await given({ drop: 's3', ...keys, endpoint: 'http://127.0.0.1:1' });
    expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe('unreachable, again');
  });
});

describe('the drop by SFTP', () => {
  const user = { username: 'ninety', password: 'secret' };
  async function server(options: Partial<SftpOptions> = {}) {
    const made = await serveSftp({ ...user, ...options });
    closing.push(made.close);
    const settings = { drop: 'sftp', host: '127.0.0.1', port: made.port, ...user, hostKey: made.hostKey };
    return { ...made, settings };
  }

  it('has files whole and in their order, each under another name until then', async () => {
    const there = await server();
    const context = await given({ ...there.settings, path: '/upload/in' });
    const body = randomBytes(1024 * 1024);
    const some = await files(context, { 'a.gz': body, 'z.info': 'two' });
    await putFiles(context, some);
    await putFiles(context, some);
    expect([...there.files.keys()]).toEqual(['/upload/in/a.gz', '/upload/in/z.info']);
    expect(there.files.get('/upload/in/a.gz')!.equals(body)).toBe(true);
    expect(there.seen.slice(0, 4)).toEqual([
      '/upload/in/a.gz.UPLOADING',
      '/upload/in/a.gz',
      '/upload/in/z.info.UPLOADING',
      '/upload/in/z.info',
    ]);
  });

  it('is entered with a private key', async () => {
    const pair = sshKeyPair();
    const there = await server({ publicKey: pair.public });
    const context = await given({ ...there.settings, password: undefined, privateKey: pair.private });
    await putFiles(context, await files(context, { 'a.gz': 'one' }));
    expect(there.files.get('/a.gz')?.toString()).toBe('one');
  });

  it('is told no password where the server has another key', async () => {
    const there = await server();
    const context = await given({ ...there.settings, hostKey: `SHA256:${'A'.repeat(43)}` });
    expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe('unauthorized');
    expect(there.logins()).toBe(0);
  });

  it('refuses another password, and says so', async () => {
    const there = await server();
    const context = await given({ ...there.settings, password: 'other' });
    expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe('unauthorized');
  });

  it('tells where nothing may be written, and where the connection broke', async () => {
    const closed = await server({ folders: ['/in'], readOnly: ['/in'] });
    const context = await given({ ...closed.settings, path: 'in' });
    expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe('forbidden');
    const broken = await server({ breakAfter: 300_000 });
    const again = await given(broken.settings);
    const some = await files(again, { 'a.gz': randomBytes(1024 * 1024) });
    expect(await reasonOf(putFiles(again, some))).toBe('unreachable, again');
    expect(broken.files.has('/a.gz')).toBe(false);
  });

  it('is left where the caller gives up', async () => {
    const abort = new AbortController();
    const gone = new Error('stopped');
    const there = await server({ onWrite: () => abort.abort(gone) });
    const context = await given(there.settings, { abort: abort.signal });
    await expect(putFiles(context, await files(context, { 'a.gz': randomBytes(500_000) }))).rejects.toBe(
      gone,
    );
    expect(there.files.has('/a.gz')).toBe(false);
  });

  it('is not reached where the way out is closed', async () => {
    const there = await server();
    const context = await given(there.settings, { outbound: createOutbound({ allow: NOTHING_ALLOWED }) });
    expect(await reasonOf(putFiles(context, await files(context, { a: 'x' })))).toBe('address_refused');
    expect(there.logins()).toBe(0);
  });
});
