import {
  deviceVisitor,
  digest64,
  keyed64,
  random64,
  type VisitorId,
  visitorId,
} from '../identity/visitor.ts';
import { Recent } from '../recent.ts';
import type { Site } from '../registry/kinds.ts';
import { detached } from './detached.ts';
import type { DeviceId } from './device-id.ts';
import { isFirstPartyId } from './fields.ts';
import type { HitInput } from './hit.ts';

/** First-party ids remembered. */
const REMEMBERED = 20_000;

/** Whom a site's own id stands for. */
export interface FirstParty {
  /** Id of the site: another one's same id is somebody else. */
  readonly site: string;
  readonly visitor: VisitorId;
  /** The same, as ClickHouse stores it. */
  readonly number: bigint;
}

/** Whom, and which hit, the ids that come with a hit stand for. */
export class HitIds {
  readonly #secret: string;
  /** Where third-party cookies are blocked each hit of a visit comes with the same one, and an HMAC takes 4 µs. */
  readonly #firstParty = new Recent<string, FirstParty>(REMEMBERED);

  constructor(secret: string) {
    this.#secret = secret;
  }

  ofDevice(device: DeviceId): VisitorId {
    return deviceVisitor(this.#secret, device);
  }

  /** @returns undefined where no first-party id came, or what came is none. */
  ofFirstParty(
    { firstPartyId }: Pick<HitInput, 'firstPartyId'>,
    site: Pick<Site, 'id'>,
  ): FirstParty | undefined {
    if (firstPartyId === undefined) return undefined;
    // Found by the id alone: a key joined of site and id was hashed and compared anew with every hit.
    const known = this.#firstParty.get(firstPartyId);
    if (known !== undefined && known.site === site.id) return known;
    if (!isFirstPartyId(firstPartyId)) return undefined;
    const number = keyed64(this.#secret, `first-party:${site.id}:${firstPartyId}`);
    const found = { site: site.id, visitor: visitorId(number), number };
    this.#firstParty.set(detached(firstPartyId), found);
    return found;
  }

  /** A hit that names itself comes out the same each time it is sent; any other is unique. */
  ofHit(given: string | undefined, visitor: VisitorId, site: string): bigint {
    return given === undefined || given === ''
      ? random64()
      : digest64(this.#secret, `hit:${site}:${visitor}:${given}`);
  }
}
