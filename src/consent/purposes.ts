/**
 * The TCF purposes that this product works under, as bits of a purposes mask: bit `p - 1` is purpose p
 * (IAB Europe, TCF Policies, Appendix A).
 */
export const PURPOSE = {
  /** 1: store and read the cookie. */
  store: 1 << 0,
  /** 3: build a profile. */
  profile: 1 << 2,
  /** 4: hand the profile out for targeting. */
  handOut: 1 << 3,
  /** 9: statistics. */
  statistics: 1 << 8,
  /** 10: modelling. */
  modelling: 1 << 9,
} as const;

/** SQL over a stored mask: whether a visitor's profile may be handed to anybody for targeting. */
export const MAY_HAND_OUT = `bitAnd(purposes, ${PURPOSE.handOut}) != 0`;

/** What is allowed where no consent law applies, or where absence of a no allows. */
export const PURPOSES_WITHOUT_TCF =
  PURPOSE.store | PURPOSE.profile | PURPOSE.handOut | PURPOSE.statistics | PURPOSE.modelling;
