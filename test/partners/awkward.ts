import { setTimeout as sleep } from 'node:timers/promises';
import { digits, type StandIn, standIn } from './stand-in.ts';

const target = (query: string) => new URLSearchParams(query).get('redir') ?? '';

/** Keeps the contract of a redirect, after a while. */
export const slow = (host: string, ms: number): Promise<StandIn> =>
  standIn(host, async ({ query, uid = digits(12) }) => {
    await sleep(ms);
    return { location: target(query).replace('$UID', uid), setUid: uid };
  });

/** Sends every browser back to where it came from, whoever that is. */
export const looping = (host: string, back: () => string): Promise<StandIn> =>
  standIn(host, () => ({ location: back() }));

/** Takes the request and never answers. */
export const silent = (host: string): Promise<StandIn> => standIn(host, () => undefined);
