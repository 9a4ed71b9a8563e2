import { RestrictionType, type TCModel, TCString } from '@iabtechlabtcf/core';
import type { Refusal } from '../collect/refusal.ts';
import { vendorIdsIn } from './tcf-size.ts';

/** Characters of a TCF or GPP string that are read at all; decoding is super-linear in the length. */
export const MAX_CONSENT_LENGTH = 8192;

/** How far a CMP's clock may run ahead of ours. */
export const CLOCK_SLACK_MS = 24 * 60 * 60 * 1000;

/**
 * Vendor ids that a string's lists may come to together. Ids of the Global Vendor List run past 4,000 (4,176
 * in version 17), so a restriction of all vendors in all 11 purposes and three lists beside it come to
 * 60,000; this is twice that.
 */
const MAX_VENDOR_IDS = 2 ** 17;

/** TCF policy version of TCF 2.3, from which on the DisclosedVendors segment is mandatory. */
const POLICY_WITH_DISCLOSED_VENDORS = 5;

/** Purposes run from 1 to 11; the other 13 bits of the 24 are reserved. */
const LAST_PURPOSE = 11;

/** What the person allowed, as a TC string tells it. */
export interface TcConsents {
  /**
   * The purposes this vendor has consent for, as a mask (bit `p - 1` = purpose p), less those that the
   * publisher took from it; undefined = the vendor itself has no consent.
   */
  purposesOf(vendor: number): number | undefined;
}

export type TcReading =
  | { readonly readable: true; readonly consents: TcConsents }
  | {
      readonly readable: false;
      readonly reason: Extract<Refusal, 'consent_unreadable' | 'consent_too_long' | 'consent_from_future'>;
      /** Milliseconds since 1970 from which on the string is no longer from the future. */
      readonly until?: number;
    };

const UNREADABLE: TcReading = { readable: false, reason: 'consent_unreadable' };

/**
 * Reads a TCF v2 string (IAB Tech Lab, Consent string and vendor list formats v2; IAB Europe, TCF 2.2 and
 * 2.3). Only consent counts: purposes 3 to 6 know no legitimate interest since 2.2, and for the others
 * this product claims none.
 *
 * @param text the string as it came, any length.
 * @param now milliseconds since 1970.
 * @returns never throws; what cannot be read has a reason.
 */
export function readTcf(text: string, now: number): TcReading {
  if (text.length > MAX_CONSENT_LENGTH) return { readable: false, reason: 'consent_too_long' };
  const segments = text.split('.');
  if (!isWellFormed(segments)) return UNREADABLE;
  if (vendorIdsIn(segments, MAX_VENDOR_IDS) > MAX_VENDOR_IDS) return UNREADABLE;
  const model = decode(text);
  if (model === undefined) return UNREADABLE;
  const mustDisclose = Number(model.policyVersion) >= POLICY_WITH_DISCLOSED_VENDORS;
  const hasDisclosed = segments.some((segment, index) => index > 0 && segmentType(segment) === DISCLOSED);
  if (mustDisclose && !hasDisclosed) return UNREADABLE;
  // Before 2.3 the segment was optional, and the common encoder writes it empty when nothing was filled in.
  const disclosedCounts = mustDisclose || (hasDisclosed && model.vendorsDisclosed.size > 0);
  const made = Math.max(model.created.getTime(), model.lastUpdated.getTime());
  if (made > now + CLOCK_SLACK_MS) {
    return { readable: false, reason: 'consent_from_future', until: made - CLOCK_SLACK_MS };
  }
  return { readable: true, consents: consentsOf(model, disclosedCounts) };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DISCLOSED = 1;

/** The first three bits of a segment's first character. */
function segmentType(segment: string): number {
  return ALPHABET.indexOf(segment.charAt(0)) >> 3;
}

/**
 * A core of version 2 (its first six bits are `C`) and each other segment at most once. The library takes
 * what differs without a word: segments without a core as a string of today without any consent, a second
 * core in place of the first.
 */
function isWellFormed(segments: readonly string[]): boolean {
  if (!segments[0]?.startsWith('C')) return false;
  const seen = new Set<number>();
  for (const [index, segment] of segments.entries()) {
    if (!/^[\w-]+$/.test(segment)) return false;
    if (index === 0) continue;
    const type = segmentType(segment);
    if (type < 1 || type > 3 || seen.has(type)) return false;
    seen.add(type);
  }
  return true;
}

/** The library throws errors of its own and plain TypeErrors; for us each means: not readable. */
function decode(text: string): TCModel | undefined {
  try {
    return TCString.decode(text);
  } catch {
    return undefined;
  }
}

function consentsOf(model: TCModel, disclosedCounts: boolean): TcConsents {
  let consented = 0;
  for (const purpose of model.purposeConsents.values()) consented |= bitOf(purpose);
  return {
    purposesOf(vendor) {
      if (!model.vendorConsents.has(vendor)) return undefined;
      if (disclosedCounts && !model.vendorsDisclosed.has(vendor)) return undefined;
      let purposes = consented;
      for (const restriction of model.publisherRestrictions.getRestrictions(vendor)) {
        // "Require legitimate interest" forbids the purpose too where the vendor relies on consent alone.
        if (restriction.restrictionType !== RestrictionType.REQUIRE_CONSENT) {
          purposes &= ~bitOf(restriction.purposeId);
        }
      }
      return purposes;
    },
  };
}

function bitOf(purpose: number): number {
  return purpose <= LAST_PURPOSE ? 1 << (purpose - 1) : 0;
}
