import { domainsOf, isOriginWithin } from '../../collect/domains.ts';
import { parametersOf, type Request } from '../../collect/door.ts';
import { encodeWithdrawal } from '../../collect/encode.ts';
import type { HitIds } from '../../collect/ids.ts';
import type { Refusal } from '../../collect/refusal.ts';
import { type VisitorId, visitorNumber } from '../../identity/visitor.ts';
import type { Site } from '../../registry/kinds.ts';
import { admit, hearNo, type No, type SyncDoor, signalsOf } from '../../sync/door.ts';
import type { PageSegments } from './page-segments.ts';
import { mayBeToldAt } from './place.ts';
import type { Profiles, UNAVAILABLE } from './profiles.ts';
import { type Told, toldOf } from './told.ts';

/** What the endpoint stands on. */
export interface MeDoor {
  /** By which consent is decided, here as at a sync. */
  readonly sync: SyncDoor;
  readonly ids: HitIds;
  readonly profiles: Pick<Profiles, 'of'>;
  readonly segments: () => PageSegments;
}

/** The only id that came could be guessed, and who guesses it would be told of somebody else. */
export const GUESSABLE = 'guessable_id';

/** Why a page is told nothing. */
export type Nothing = Refusal | typeof UNAVAILABLE | typeof GUESSABLE;

/** What a page is answered. */
export interface MeAnswer {
  readonly told: Told;
  /** Why it is told nothing; undefined = it is told whatever there is. */
  readonly nothing: Nothing | undefined;
  /** `Set-Cookie` headers, names and values in turn. */
  readonly cookies: readonly string[];
}

/** The origin of a page of the site that asks; undefined where its page is of the same origin as we are. */
export interface Asking {
  readonly site: Site;
  readonly origin: string | undefined;
}

/**
 * Which site's page asks, by the key in `s` and by what browsers, and no pages, say of where a request comes from. A
 * browser leaves `Origin` out where page and server are of one origin, as behind a site's own proxy. Over plain http
 * anybody on the way could be the page, so only pages of this machine come by it; ports do not tell pages apart, as they
 * do not for cookies and certificates.
 *
 * @returns else why it is none's.
 */
export function askingPage({ rules }: Pick<SyncDoor, 'rules'>, request: Request): Asking | Refusal {
  const site = rules().siteByKey(parametersOf(request).get('s') ?? '');
  if (site === undefined) return 'unknown_site';
  const domains = domainsOf(site.domains);
  const origin = request.header('origin');
  if (origin !== undefined)
    return isOriginWithin(origin, domains) && isPrivate(origin) ? { site, origin } : 'foreign_page';
  const isOurs =
    request.header('sec-fetch-site') === 'same-origin' &&
    isOriginWithin(`https://${request.header('host') ?? ''}`, domains);
  return isOurs ? { site, origin } : 'foreign_page';
}

/**
 * `GET /v1/me?s=KEY&fid=FID&gdpr=…`: what this browser's page may know of it, for itself and for its bids: the segments
 * of its visitor that are large enough and that no label and no law keeps back. The visitor is that of our cookie, else
 * the one whom the site's first-party id stands for. An id is all that it takes to ask without a browser, so only one
 * that nobody can guess is answered; by any a person can say no.
 *
 * A page is always answered, with nothing where nothing may be told or nothing can be read. A no that comes along is a
 * withdrawal and is written down first, as at every other door.
 */
export async function me(door: MeDoor, request: Request, site: Site, now: number): Promise<MeAnswer> {
  const { sync, ids, profiles } = door;
  const name = new URL(sync.publicUrl()).hostname;
  const nothing = (reason: Nothing, cookies: readonly string[] = []): MeAnswer => ({
    told: toldOf(name, []),
    nothing: reason,
    cookies,
  });
  const query = parametersOf(request);
  const signals = signalsOf(sync, request, (parameter) => query.get(parameter) ?? undefined);
  const firstParty = ids.ofFirstParty({ firstPartyId: query.get('fid') || undefined }, site)?.visitor;
  const admission = admit(sync, request, signals, now);
  if (!admission.yes) {
    const { reason, cookies } = await hear(sync, request, admission, firstParty, now);
    return nothing(reason, cookies);
  }
  const allowed = admission.decision.export;
  if (allowed !== 'yes') return nothing(allowed);
  // As with a hit: ids that come together are one person's, but for whoever has opted in again.
  const isOut = firstParty !== undefined && sync.isSuppressed?.(firstParty) === true;
  if (isOut && signals.optedOut !== false) return nothing('opted_out');
  const visitor = admission.visitor ?? (isOut ? undefined : firstParty);
  if (visitor === undefined) return nothing('no_cookie');
  if (admission.visitor === undefined && !UNGUESSABLE.test(query.get('fid') ?? '')) return nothing(GUESSABLE);
  const profile = profiles.of(visitorNumber(visitor));
  if (typeof profile === 'string') return nothing(profile);
  const place = sync.places.at(request.address);
  const may = door.segments();
  const told = profile.flatMap((id) => {
    const segment = may.get(id);
    return segment === undefined || !mayBeToldAt(place, segment.forbidden)
      ? []
      : [{ id, iabAudienceId: segment.iabAudienceId }];
  });
  return { told: toldOf(name, told), nothing: undefined, cookies: [] };
}

/** As the tag makes them (pixel/id.ts), and AMP, whose ids it takes over: 128 random bits. */
const UNGUESSABLE = /^(?:\d{32,40}|amp-[\w-]{22,64})$/;

/** Potentially trustworthy (W3C Secure Contexts, 3.1), as browsers hold an origin to be. */
function isPrivate(origin: string): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === 'https:' || /(?:^|\.)localhost$|^127(?:\.\d{1,3}){3}$|^\[::1\]$/.test(hostname);
}

/** Writes a no down for the browser's cookie and for what the site knows it by. */
const hear = (
  sync: SyncDoor,
  request: Request,
  no: No,
  firstParty: VisitorId | undefined,
  now: number,
): Promise<{ readonly reason: Refusal; readonly cookies: readonly string[] }> =>
  new Promise((done) => {
    hearNo(sync, request, no, now, (reason, cookies) => {
      // What an opt-out ends is the collector's to write down.
      if (!no.withdrawal || reason === 'opted_out' || firstParty === undefined)
        return done({ reason, cookies });
      const line = encodeWithdrawal(sync.latest.of(now), visitorNumber(firstParty), 'pixel');
      sync.journal.append('consents', line, (failure) => done({ reason: failure ?? reason, cookies }));
    });
  });
