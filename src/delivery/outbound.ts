import type { LookupFunction, Socket } from 'node:net';
import type { Readable } from 'node:stream';

/** One answer of somebody else's server. */
export interface Reply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** At most `maxBytes` of the request. */
  readonly body: Buffer;
}

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | { readonly stream: () => Readable; readonly bytes: number };
  /** Of the whole exchange; 60 seconds when not given. */
  readonly timeoutMs?: number;
  /** Of the answer's body; 1 MB when not given. */
  readonly maxBytes?: number;
}

/**
 * The one way out to servers whose address an operator gave. It reaches no loopback, link-local, private or otherwise
 * special address unless the configuration allows it: the address that a name resolved to is checked, and it is that
 * address which is connected to. Redirects are answers like any other, and not followed. What is asked in plain http
 * goes only where the configuration allows it. When a caller's `abort` fires, `ask` and `connect` reject with its reason.
 */
export interface Outbound {
  /** @throws DeliveryError `unreachable`, `timed_out`, `address_refused`, `bad_answer` (too large, cut off). */
  readonly ask: (asked: Asked, abort: AbortSignal) => Promise<Reply>;
  /**
   * For libraries that connect by themselves: resolves names, and fails for addresses that may not be reached. Node
   * asks for no literal address, so call it once with the host before that is handed on.
   */
  readonly lookup: LookupFunction;
  /** A connected socket, for protocols that are no HTTP. @throws DeliveryError */
  readonly connect: (host: string, port: number, abort: AbortSignal) => Promise<Socket>;
}
