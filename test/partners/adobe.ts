import { digits, type StandIn, standIn } from './stand-in.ts';

/** Adobe, and the ids of ours that it has taken, with its own for the same browser. */
export interface Adobe extends StandIn {
  readonly matches: ReadonlyMap<string, string>;
}

/**
 * Adobe's `/ibs:dpid=&dpuuid=&redir=`: it keeps the data provider's id, and goes to `redir` with `${DD_UUID}`
 * replaced by its own, of 38 digits ("ID Synchronization for Inbound Data Transfers").
 */
export async function adobe(host: string): Promise<Adobe> {
  const matches = new Map<string, string>();
  const server = await standIn(host, ({ path, uid = digits(38) }) => {
    const given = new URLSearchParams(path.slice('/ibs:'.length));
    matches.set(given.get('dpuuid') ?? '', uid);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Adobe's macro.
    return { location: given.get('redir')?.replace('${DD_UUID}', uid) ?? '', setUid: uid };
  });
  return { ...server, matches };
}
