import { connect, type Socket } from 'node:net';

/** A connection that writes what it is told and keeps whatever comes. */
export interface RawSocket {
  readonly socket: Socket;
  /** All that came so far, each byte a character. */
  readonly text: () => string;
  /** Writes where the other end still takes it. */
  readonly write: (bytes: string | Buffer) => void;
  /** All that came, once the connection is closed; a reset is an end too, and what came before it counts. */
  readonly closed: Promise<string>;
}

/** Opens a connection to a server's address. */
export function openSocket(url: string): RawSocket {
  const { hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, noDelay: true });
  let text = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece;
  });
  const closed = new Promise<string>((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve(text));
  });
  return {
    socket,
    text: () => text,
    write: (bytes) => void (socket.writable && socket.write(bytes)),
    closed,
  };
}

/** The status of each answer that a connection has brought. */
export const statusesIn = (text: string): number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
