import type { AddressInfo } from 'node:net';
import { posix } from 'node:path';
import ssh2, { type Connection, type SFTPWrapper } from 'ssh2';
import { fingerprintOf } from './sftp.ts';

export interface SftpOptions {
  readonly username: string;
  readonly password?: string;
  /** In OpenSSH form. */
  readonly publicKey?: string;
  /** Folders that are there, besides `/`. */
  readonly folders?: readonly string[];
  /** Folders in which nothing may be written. */
  readonly readOnly?: readonly string[];
  /** After so many bytes written the connection breaks. */
  readonly breakAfter?: number;
  readonly onWrite?: () => void;
}

export interface SftpServer {
  readonly port: number;
  /** As `ssh-keygen -l` prints it. */
  readonly hostKey: string;
  /** By path. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Names under which a file was ever to be seen, in order. */
  readonly seen: readonly string[];
  readonly logins: () => number;
  readonly close: () => Promise<void>;
}

const { STATUS_CODE, OPEN_MODE } = ssh2.utils.sftp;
/** A regular file and a folder, in the way of stat(2). */
const FILE_MODE = 0o100_644;
const FOLDER_MODE = 0o040_755;

/** A pair that `ssh2` can read itself: of the Ed25519 pairs that it makes one in two hundred is malformed. */
export const sshKeyPair = () => ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });

/**
 * A server of SFTP, version 3 (draft-ietf-secsh-filexfer-02), that keeps its files in memory: a file cannot be renamed
 * onto another, nor written in a folder that is not there.
 */
export async function serveSftp(options: SftpOptions): Promise<SftpServer> {
  const key = sshKeyPair();
  const parsed = ssh2.utils.parseKey(key.private);
  if (parsed instanceof Error) throw parsed;
  const files = new Map<string, Buffer>();
  const folders = new Set(['/', ...(options.folders ?? [])]);
  const seen: string[] = [];
  const connections = new Set<Connection>();
  let logins = 0;
  let left = options.breakAfter ?? Number.POSITIVE_INFINITY;

  const server = new ssh2.Server({ hostKeys: [key.private] }, (connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    connection.on('error', () => {});
    connection.on('authentication', (asked) => {
      const isUser = asked.username === options.username;
      if (isUser && asked.method === 'password' && options.password === asked.password) return asked.accept();
      if (isUser && asked.method === 'publickey' && options.publicKey !== undefined) {
        const known = ssh2.utils.parseKey(options.publicKey);
        if (known instanceof Error) throw known;
        const isKnown = known.getPublicSSH().equals(asked.key.data);
        const isSigned =
          asked.signature === undefined ||
          known.verify(asked.blob!, asked.signature, asked.hashAlgo) === true;
        if (isKnown && isSigned) return asked.accept();
      }
      asked.reject(['password', 'publickey']);
    });
    connection.on('ready', () => {
      logins += 1;
      connection.on('session', (accept) => {
        accept().on('sftp', (acceptSftp) => speak(acceptSftp(), connection));
      });
    });
  });

  function speak(sftp: SFTPWrapper, connection: Connection): void {
    const handles = new Map<number, { path: string }>();
    let next = 0;
    const absolute = (path: string) => posix.resolve('/', path);
    const attributes = (path: string) => {
      const isFolder = folders.has(path);
      if (!isFolder && !files.has(path)) return undefined;
      const size = files.get(path)?.length ?? 0;
      return { mode: isFolder ? FOLDER_MODE : FILE_MODE, uid: 0, gid: 0, size, atime: 0, mtime: 0 };
    };
    const stat = (id: number, path: string) => {
      const found = attributes(absolute(path));
      if (found === undefined) sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      else sftp.attrs(id, found);
    };
    sftp.on('REALPATH', (id, path) => {
      const filename = absolute(path);
      sftp.name(id, [{ filename, longname: filename, attrs: attributes(filename) ?? ({} as never) }]);
    });
    sftp.on('STAT', stat);
    sftp.on('LSTAT', stat);
    sftp.on('MKDIR', (id, path) => {
      const folder = absolute(path);
      const isThere = folders.has(folder) || !folders.has(posix.dirname(folder));
      if (!isThere) folders.add(folder);
      sftp.status(id, isThere ? STATUS_CODE.FAILURE : STATUS_CODE.OK);
    });
    sftp.on('OPEN', (id, name, flags) => {
      const path = absolute(name);
      if (!folders.has(posix.dirname(path))) return void sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      if (options.readOnly?.includes(posix.dirname(path))) {
        return void sftp.status(id, STATUS_CODE.PERMISSION_DENIED);
      }
      if (!(flags & OPEN_MODE.WRITE)) return void sftp.status(id, STATUS_CODE.OP_UNSUPPORTED);
      if (flags & OPEN_MODE.TRUNC || !files.has(path)) files.set(path, Buffer.alloc(0));
      seen.push(path);
      const handle = next++;
      handles.set(handle, { path });
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(handle);
      sftp.handle(id, bytes);
    });
    sftp.on('WRITE', (id, handle, offset, data) => {
      options.onWrite?.();
      left -= data.length;
      if (left < 0) return void connection.end();
      const { path } = handles.get(handle.readUInt32BE())!;
      const before = files.get(path)!;
      const after = Buffer.alloc(Math.max(before.length, offset + data.length));
      before.copy(after);
      data.copy(after, offset);
      files.set(path, after);
      sftp.status(id, STATUS_CODE.OK);
    });
    sftp.on('FSTAT', (id, handle) => stat(id, handles.get(handle.readUInt32BE())!.path));
    sftp.on('FSETSTAT', (id) => sftp.status(id, STATUS_CODE.OK));
    sftp.on('CLOSE', (id, handle) => {
      handles.delete(handle.readUInt32BE());
      sftp.status(id, STATUS_CODE.OK);
    });
    sftp.on('REMOVE', (id, path) => {
      const isThere = files.delete(absolute(path));
      sftp.status(id, isThere ? STATUS_CODE.OK : STATUS_CODE.NO_SUCH_FILE);
    });
    sftp.on('RENAME', (id, from, to) => {
      const body = files.get(absolute(from));
      if (body === undefined) return void sftp.status(id, STATUS_CODE.NO_SUCH_FILE);
      if (files.has(absolute(to))) return void sftp.status(id, STATUS_CODE.FAILURE);
      files.delete(absolute(from));
      files.set(absolute(to), body);
      seen.push(absolute(to));
      sftp.status(id, STATUS_CODE.OK);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: fingerprintOf(parsed.getPublicSSH()),
    files,
    seen,
    logins: () => logins,
    close: () =>
      new Promise((resolve) => {
        for (const connection of connections) connection.end();
        server.close(() => resolve());
      }),
  };
}
