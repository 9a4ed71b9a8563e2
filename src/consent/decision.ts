import type { Refusal } from '../collect/refusal.ts';

/** What a visitor's consent allows; kept with every fact. */
export interface Allowed {
  /** TCF purposes as a bit mask: bit `p - 1` is purpose p (1 store, 3 profile, 4 hand out, 9 and 10 reckoning). */
  readonly purposes: number;
  /** Ids of the partners to whom this visitor's data may go; sorted. */
  readonly partners: readonly string[];
}

/** May it be done? Else why not. */
export type Answer = 'yes' | Refusal;

/** What may be done with a visitor, each no with its reason. */
interface Answers {
  /** Give the browser a cookie, or read the one it has. */
  readonly cookie: Answer;
  /** Keep what was observed. */
  readonly store: Answer;
  /** Make segments of it. */
  readonly profile: Answer;
  /** Hand segments out for targeting. */
  readonly export: Answer;
  /** @param id of a registered partner: exchange ids with it and hand it segments. */
  partner(id: string): Answer;
}

export type Granted = Answers & { readonly yes: true; readonly allowed: Allowed };
/** `withdrawal`: the person said no (rather than: nobody has said anything). With a known id it ends what is known. */
export type Refused = Answers & {
  readonly yes: false;
  readonly reason: Refusal;
  readonly withdrawal: boolean;
};
/** Cookie, storing and profile go together: what may not become a profile is not kept, and needs no cookie. */
export type Decision = Granted | Refused;

/** Why a partner is not among those that a yes names. */
export type PartnerNo = Extract<
  Refusal,
  'unknown_partner' | 'no_partner_gvl_id' | 'no_partner_consent' | 'no_partner_purpose'
>;

class Grant implements Answers {
  readonly yes = true;
  readonly allowed: Allowed;
  readonly export: Answer;
  readonly #noOf: (partner: string) => PartnerNo;

  constructor(allowed: Allowed, exporting: Answer, noOf: (partner: string) => PartnerNo) {
    this.allowed = allowed;
    this.export = exporting;
    this.#noOf = noOf;
    Object.freeze(this);
  }

  get cookie(): Answer {
    return 'yes';
  }

  get store(): Answer {
    return 'yes';
  }

  get profile(): Answer {
    return 'yes';
  }

  partner(id: string): Answer {
    if (this.export !== 'yes') return this.export;
    return this.allowed.partners.includes(id) ? 'yes' : this.#noOf(id);
  }
}

class No implements Answers {
  readonly yes = false;
  readonly reason: Refusal;
  readonly withdrawal: boolean;

  constructor(reason: Refusal, withdrawal: boolean) {
    this.reason = reason;
    this.withdrawal = withdrawal;
    Object.freeze(this);
  }

  get cookie(): Answer {
    return this.reason;
  }

  get store(): Answer {
    return this.reason;
  }

  get profile(): Answer {
    return this.reason;
  }

  get export(): Answer {
    return this.reason;
  }

  partner(): Answer {
    return this.reason;
  }
}

/**
 * A yes to cookie, storing and profile. Frozen, because one object answers many requests.
 *
 * @param exporting whether segments may be handed out at all.
 * @param noOf why a partner that is not among `partners` is not.
 */
export function granted(
  purposes: number,
  partners: readonly string[],
  exporting: Answer = 'yes',
  noOf: (partner: string) => PartnerNo = () => 'unknown_partner',
): Granted {
  return new Grant(Object.freeze({ purposes, partners: Object.freeze([...partners]) }), exporting, noOf);
}

/** Nothing may be done, and nobody has said no. */
export const refused = (reason: Refusal): Refused => new No(reason, false);

/** Nothing may be done, because the person said no. */
export const withdrawn = (reason: Refusal): Refused => new No(reason, true);
