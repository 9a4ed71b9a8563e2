import type { Body } from '../../registry/kinds.ts';

/** What an operator has of a partner and nobody else can know. */
export interface Setting {
  readonly name: string;
  /** What it is and where it comes from. */
  readonly description: string;
  /** Lets nothing through that would need percent-encoding or change the URL around it. */
  readonly pattern: RegExp;
  readonly example: string;
  /** Without it the URLs that name it are left out; those of an entry go together. */
  readonly optional?: true;
}

/** A ready partner. Every text of `partner` may hold `<setting>`. */
export interface CatalogueEntry {
  readonly id: string;
  readonly name: string;
  /** Where its facts are from; facts from others than the partner itself are called second-hand. */
  readonly source: string;
  readonly gvl?: {
    /** In the TCF Global Vendor List. */
    readonly id: number;
    /** Where the number was read. */
    readonly source: string;
  };
  readonly settings: readonly Setting[];
  readonly partner: Partial<Omit<Body<'partner'>, 'name' | 'gvlId' | 'catalogue' | 'settings'>>;
  /** What has to be agreed with the partner; PUBLIC_URL and <id> stand for what they are in the installation. */
  readonly notes: readonly string[];
}

/** As the lists are numbered: `vendorListVersion` 17 of 7 September 2023. */
export const GVL_17 = 'Global Vendor List 17 of 2023-09-07';
/** Not in that list; the number that Prebid Server's description of the bidder has. */
export const BIDDER_INFO = "Prebid Server's description of the bidder (second-hand)";

/** Names and numbers that ad systems give out. */
export const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
export const NUMBER = /^[0-9]{1,12}$/;
/** With or without a port. */
export const HOST = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9](:[0-9]{1,5})?$/;
