import { randomUUID } from 'node:crypto';
import { type StandIn, standIn } from './stand-in.ts';

/** The Trade Desk, and the ids of ours that it has taken, with its own for the same browser. */
export interface TheTradeDesk extends StandIn {
  readonly matches: ReadonlyMap<string, string>;
}

/** `/track/cmf/generic?ttd_pid=&ttd_tpi=1&ttd_puid=`: it keeps our id, and nothing comes back. */
export async function theTradeDesk(host: string): Promise<TheTradeDesk> {
  const matches = new Map<string, string>();
  const server = await standIn(host, ({ query, uid = randomUUID() }) => {
    matches.set(new URLSearchParams(query).get('ttd_puid') ?? '', uid);
    return { setUid: uid };
  });
  return { ...server, matches };
}
