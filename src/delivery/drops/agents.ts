import http from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { DeliveryError } from '../destination.ts';
import { isPublic, parseAddress } from '../outbound/address.ts';
import type { Outbound } from '../outbound.ts';

/** What an agent is told when a request needs a connection. */
interface Wanted {
  readonly host?: string | null | undefined;
  readonly port?: string | number | null | undefined;
  readonly servername?: string | undefined;
}
type Created = (error: Error | null, stream: Duplex) => void;

const HANDSHAKE_MS = 20_000;

/**
 * Agents for libraries that speak HTTP by themselves. They connect by {@link Outbound.connect} rather than by a
 * guarded `lookup`: an address written as digits is never looked up, and would pass unseen.
 *
 * @param ca a certificate authority, PEM, that is believed instead of those that node knows.
 */
export function outboundAgents(outbound: Outbound, ca?: string): { http: http.Agent; https: https.Agent } {
  const connect = async (wanted: Wanted) => outbound.connect(hostOf(wanted), Number(wanted.port), NEVER);

  const plain = new http.Agent({ keepAlive: true });
  plain.createConnection = (wanted: Wanted, created?: Created) => {
    give(connect(wanted).then(refuseInTheClear), created);
    return undefined;
  };
  const secure = new https.Agent({ keepAlive: true });
  secure.createConnection = (wanted: Wanted, created?: Created) => {
    give(
      connect(wanted).then((socket) => secured(socket, wanted.servername || hostOf(wanted), ca)),
      created,
    );
    return undefined;
  };
  return { http: plain, https: secure };
}

/** The certificate must be of the name that was asked for, whatever address it stands at. */
function secured(socket: Socket, host: string, ca: string | undefined): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    // A name for SNI; RFC 6066 allows no address there, but the certificate is checked for it all the same.
    const stream = tls.connect({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    });
    const late = setTimeout(() => stream.destroy(new Error('no handshake in time')), HANDSHAKE_MS);
    const settle = () => {
      clearTimeout(late);
      stream.off('error', fail);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    stream.once('error', fail);
    stream.once('secureConnect', () => {
      settle();
      resolve(stream);
    });
  });
}

/** Ids and signatures cross nobody else's network unencrypted: plain HTTP is for a network of one's own. */
function refuseInTheClear(socket: Socket): Socket {
  const address = parseAddress(socket.remoteAddress ?? '');
  if (address !== undefined && !isPublic(address)) return socket;
  socket.destroy();
  throw new DeliveryError('address_refused', 'plain HTTP to the public internet', { retry: false });
}

/** Requests are given up one by one: what tidies up behind a try that was cut off needs a connection, too. */
const NEVER = new AbortController().signal;

/** Without the brackets that an IPv6 address has in a URL. */
const hostOf = (wanted: Wanted): string => (wanted.host ?? '').replace(/^\[|\]$/g, '');

function give(socket: Promise<Duplex>, created: Created | undefined): void {
  socket.then(
    (stream) => created?.(null, stream),
    // The type wants a stream also with an error; node looks at the error first.
    (error: Error) => created?.(error, undefined as unknown as Duplex),
  );
}
