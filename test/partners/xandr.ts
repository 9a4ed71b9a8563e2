import { digits, type StandIn, standIn } from './stand-in.ts';

/**
 * Xandr's getUID: the whole query is the URL to go to, and `$UID` in it becomes Xandr's id ("User ID mapping with
 * getUID and mapUID"). A new browser first makes a round through `/bounce`, which shows whether it keeps the
 * cookie; the id of one that does not is 0.
 */
export const xandr = (host: string): Promise<StandIn> =>
  standIn(host, ({ path, query, uid }) => {
    if (path === '/getuid' && uid === undefined)
      return { location: `/bounce?${encodeURIComponent(`/getuid?${query}`)}`, setUid: digits(19) };
    const asked = path === '/bounce' ? decodeURIComponent(query).replace('/getuid?', '') : query;
    const url = asked.includes('://') ? asked : decodeURIComponent(asked);
    return { location: url.replaceAll('$UID', uid ?? '0') };
  });
