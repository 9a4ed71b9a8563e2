import type { Request, Response } from '../collect/door.ts';
import {
  type Front,
  front,
  OUR_VENDOR,
  PARTNER_VENDOR,
  partnerOf,
  requestOf,
} from '../collect/front.testing.ts';
import { type VisitorId, visitorId } from '../identity/visitor.ts';
import type { Partner } from '../registry/kinds.ts';
import type { SyncDoor } from './door.ts';
import type { SyncState } from './state.ts';

export const NOW = Date.UTC(2026, 10, 20, 12);
export const DAY_MS = 86_400_000;

const given = (id: string, rest: Partial<Partner>) => partnerOf(id, { gvlId: PARTNER_VENDOR, ...rest });

/** Partners of every kind: who sends its id back, who keeps ours, who does both, in a frame, without a vendor id. */
export const SYNC_PARTNERS: readonly Partner[] = [
  given('back', {
    syncUrl: 'https://back.test/s?g={{.GDPR}}&c={{.GDPRConsent}}&u={{.USPrivacy}}&r={{.RedirectURL}}',
    redirectHosts: ['back.test', 'localhost'],
    priority: 1,
  }),
  given('hosted', { syncUrl: 'https://hosted.test/s?puid=$UID&g={{.GDPR}}', idEncoding: 'plain' }),
  given('agreed', {
    syncUrl: 'https://agreed.test/p?hm=$UID',
    uidParameter: 'agreed_gid',
    errorParameter: 'agreed_error',
    echoParameters: ['agreed_push'],
    freshDays: 7,
  }),
  given('framed', { iframeUrl: 'https://framed.test/s?r={{.RedirectURL}}' }),
  given('either', {
    syncUrl: 'https://either.test/i?r={{.RedirectURL}}',
    iframeUrl: 'https://either.test/f?r={{.RedirectURL}}',
    priority: 9,
  }),
  given('mute', {}),
  partnerOf('unlisted', { syncUrl: 'https://unlisted.test/s?r={{.RedirectURL}}' }),
];

/** The front door with these partners, and what its browsers bring. */
export function syncFront(gvlId: number | undefined = OUR_VENDOR): Front {
  return front({ gvlId, partners: SYNC_PARTNERS });
}

export const VISITOR: VisitorId = visitorId(7n);

/** The Cookie header of a browser that is known. @param done what it remembers of its syncs. */
export function cookiesOf(
  door: SyncDoor,
  done: (state: SyncState, key: (partner: string) => string) => void = () => {},
  visitor: VisitorId = VISITOR,
  now = NOW,
): { readonly cookie: string } {
  const { syncTargets } = door.rules();
  const state = door.state.read(undefined, visitor, now);
  done(state, (partner) => syncTargets.get(partner)!.key);
  const values = [
    door.cookie.write(visitor, true),
    door.state.write(state, visitor, syncTargets.priorityOf, true),
  ];
  return { cookie: values.map((value) => value.split(';')[0]).join('; ') };
}

type Endpoint = (door: SyncDoor, request: Request, now: number, respond: (answer: Response) => void) => void;

/** The one answer of an endpoint. */
export function ask(
  endpoint: Endpoint,
  door: SyncDoor,
  url: string,
  headers: Readonly<Record<string, string>> = {},
  rest: Partial<Request> = {},
  now = NOW,
): Response {
  const answers: Response[] = [];
  endpoint(door, requestOf(url, headers, rest), now, (answer) => answers.push(answer));
  if (answers.length !== 1) throw new Error(`${url} was answered ${answers.length} times`);
  return answers[0]!;
}

/** What a browser would remember after an answer. */
export function stateAfter(door: SyncDoor, answer: Response, visitor: VisitorId = VISITOR, now = NOW) {
  const set = answer.headers.find((value, at) => at % 2 === 1 && value.startsWith('n90s='));
  return door.state.read(set?.split(';')[0], visitor, now);
}
