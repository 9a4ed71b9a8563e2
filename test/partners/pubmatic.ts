import { randomUUID } from 'node:crypto';
import { type StandIn, standIn } from './stand-in.ts';

/** PubMatic in a frame: a page that appends PubMatic's id to `predirect` and loads that as an image. */
export const pubmatic = (host: string): Promise<StandIn> =>
  standIn(host, ({ query, uid = randomUUID().toUpperCase() }) => ({
    html: `<!doctype html><script>
      new Image().src = ${JSON.stringify(new URLSearchParams(query).get('predirect'))} + ${JSON.stringify(uid)};
    </script>`,
    setUid: uid,
  }));
