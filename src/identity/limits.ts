import { DEVICE_TYPES } from '../collect/device-id.ts';

/**
 * Where a link stops being believed, and how far links reach. The numbers are sums of what people have, with room:
 * a link that is set aside wrongly is a visitor without a match, one that is believed wrongly two strangers as one.
 */
export const LIMITS = {
  /**
   * Visitors that may claim one uid. A browser whose cookies are cleared daily makes 90 in a retention, ten of them
   * on one device 900; beyond stand default values of SDKs (an id of zeros), shared kiosks and forgeries.
   */
  visitorsAUid: 1_000,
  /**
   * Visitors under one household's hash within the life of its key; more are an office, a school or a carrier. The
   * view kept_households (014_identity.sql) has the number too, as a text that cannot read it here; a test holds
   * them together.
   */
  visitorsAHousehold: 20,
  /**
   * Uids of one source that a visitor may show. Two hundred are more than two a day; a person resets an advertising
   * id a few times a year, a machine that plays many people shows a new one with each request.
   */
  uidsAVisitor: 200,
  /** Newest uids of one source that a visitor keeps (with a partner it has one, the newest). */
  uidsKept: 20,
  /** Visitors in a cluster: one person's browsers and cookies within a retention, not a family's or an office's. */
  visitorsACluster: 20,
} as const;

/** Sources of links that are no partner's and no type of device id. */
export const FIRST_PARTY = 'first_party';
export const HOUSEHOLD = 'household';
/** Sources of which a visitor keeps several uids; every other is a partner, with which it has one. */
export const SOURCES_OF_SEVERAL: readonly string[] = [...DEVICE_TYPES, FIRST_PARTY, HOUSEHOLD];
