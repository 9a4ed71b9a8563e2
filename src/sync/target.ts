import type { Partner } from '../registry/kinds.ts';
import { minuteOf, type Synced, stateKey } from './state.ts';
import { type SyncType, SyncUrl } from './sync-url.ts';

/** A partner to sync with, everything that its registration tells laid out for requests. */
export interface SyncTarget {
  readonly partner: Partner;
  /** How the browser's own state calls it. */
  readonly key: string;
  /** Undefined where it has no URL of that type, or one that cannot be used. */
  readonly urls: Readonly<Record<SyncType, SyncUrl | undefined>>;
}

/** All partners to sync with; made anew when the registry changes. */
export class SyncTargets {
  /** Partners of one priority together, the first priority first. */
  readonly groups: readonly (readonly SyncTarget[])[];
  readonly #byId: ReadonlyMap<string, SyncTarget>;
  readonly #priorities: ReadonlyMap<string, number>;

  constructor(partners: readonly Partner[]) {
    const targets = partners.map(targetOf);
    const priorities = [...new Set(partners.map(({ priority }) => priority))].sort((a, b) => a - b);
    this.groups = priorities.map((priority) =>
      targets.filter(({ partner }) => partner.priority === priority),
    );
    this.#byId = new Map(targets.map((target) => [target.partner.id, target]));
    this.#priorities = new Map(targets.map(({ key, partner }) => [key, partner.priority]));
  }

  get(id: string): SyncTarget | undefined {
    return this.#byId.get(id);
  }

  /** By the name that the browser's state has for a partner. */
  readonly priorityOf = (key: string): number | undefined => this.#priorities.get(key);
}

const targetOf = (partner: Partner): SyncTarget => ({
  partner,
  key: stateKey(partner.id),
  urls: {
    image: SyncUrl.ifUsable(partner.syncUrl, 'image', partner),
    iframe: SyncUrl.ifUsable(partner.iframeUrl, 'iframe', partner),
  },
});

/** Which types of sync a caller allows. */
export type SyncTypes = Readonly<Record<SyncType, boolean>>;

export const ALL_TYPES: SyncTypes = { image: true, iframe: true };

/** The URL that a browser would be sent to: an image's before a frame's, which costs a page more. */
export const urlOf = ({ urls }: SyncTarget, types: SyncTypes): SyncUrl | undefined =>
  (types.image ? urls.image : undefined) ?? (types.iframe ? urls.iframe : undefined);

const DAY_MINUTES = 1_440;
/**
 * An id that was waited for and did not come may have been lost on the way (a partner that was slow, a page that was
 * left), so it is asked for again, and not with every page: the partner may have none to give.
 */
const ASKED_AGAIN_MINUTES = DAY_MINUTES;

/** The parameter in which ids come back where nothing was agreed. */
const USUAL_PARAMETER = 'uid';

/** Whether a partner's id comes in a parameter of its own, and so at an address that was agreed, as Google's does. */
export const hasAgreedParameter = ({ uidParameter }: Partner): boolean => uidParameter !== USUAL_PARAMETER;

const returnsBy = (partner: Partner, url: SyncUrl | undefined): boolean =>
  url?.returns === true || hasAgreedParameter(partner);

/** Whether a partner gets our visitor's id by every way it has, and sends back none of its own: only it knows the matches. */
export function keepsMatches(partner: Partner): boolean {
  const { image, iframe } = targetOf(partner).urls;
  const urls = [image, iframe].filter((url) => url !== undefined);
  return urls.length > 0 && urls.every((url) => !returnsBy(partner, url));
}

/**
 * Whether a browser need not be sent to a partner yet.
 *
 * @param url that it would be sent to. Where it brings no id back, to have been sent is all there is to know.
 * @param now milliseconds since 1970.
 */
export function isFresh(
  { partner }: SyncTarget,
  url: SyncUrl | undefined,
  synced: Synced | undefined,
  now: number,
): boolean {
  if (synced === undefined) return false;
  const age = minuteOf(now) - synced.minute;
  const freshMinutes = partner.freshDays * DAY_MINUTES;
  return (
    age <
    (synced.matched || !returnsBy(partner, url) ? freshMinutes : Math.min(freshMinutes, ASKED_AGAIN_MINUTES))
  );
}
