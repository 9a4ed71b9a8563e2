import { createHmac } from 'node:crypto';
import type { ClickHouse } from '../clickhouse/client.ts';
import { detached } from '../collect/detached.ts';
import { readGppSid, TCF_EU_SECTION } from '../consent/gpp.ts';
import { Recent } from '../recent.ts';
import { householdAddress } from './household-address.ts';
import { type Period, periodAt, removeKeys, sharedKey, storedKey, storeKey } from './household-key.ts';

export interface HouseholdOptions {
  readonly clickhouse: ClickHouse;
  /** The data folder. */
  readonly folder: string;
  /** After how many days the key is thrown away, 1 to 30. */
  readonly days: number;
  readonly now?: () => number;
}

/** Addresses remembered, as where they lie is: an HMAC takes 4 µs. */
const REMEMBERED = 20_000;

/**
 * Hashes of addresses, by which visitors of one home are found. The address itself goes nowhere: 64 bits of an
 * HMAC-SHA256 are kept, whose key is random, lives for some days and is then thrown away everywhere, so that
 * nobody, we included, can find out by trying addresses which one a hash was made of. No key, no household.
 */
export class Households {
  readonly #options: HouseholdOptions;
  readonly #now: () => number;
  #current: { readonly period: Period; readonly until: number; readonly key: Buffer } | undefined;
  #known = new Recent<string, bigint>(REMEMBERED);
  #refreshing: Promise<void> | undefined;

  private constructor(options: HouseholdOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Opens with the key that the data folder has, so that ClickHouse may be away. */
  static async open(options: HouseholdOptions): Promise<Households> {
    const households = new Households(options);
    const period = periodAt(households.#now(), options.days);
    await removeKeys(options.folder, period);
    households.#take(period, await storedKey(options.folder, period));
    return households;
  }

  /**
   * @param address as `clientAddress` writes it.
   * @param place where it lies: behind those of data centres and of this network itself is no home.
   * @returns UInt64; 0 where there is no key, or the address is nobody's home.
   */
  hash(address: string, place: { readonly dataCentre: boolean; readonly local: boolean }): bigint {
    const current = this.#current;
    if (current === undefined || place.dataCentre || place.local || this.#now() >= current.until) return 0n;
    let hash = this.#known.get(address);
    if (hash === undefined) {
      const home = householdAddress(address);
      hash =
        home === undefined ? 0n : createHmac('sha256', current.key).update(home).digest().readBigUInt64BE(0);
      this.#known.set(detached(address), hash);
    }
    return hash;
  }

  /**
   * Throws away the key of a period that is over, here and in the data folder, and gets that of the new one.
   *
   * @throws ClickHouseError; what the file system says. Until it succeeds there are no households.
   */
  refresh(): Promise<void> {
    // One at a time: ClickHouse may take longer to answer than the pause between two calls.
    this.#refreshing ??= this.#renew().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Forgets the key in memory; the data folder's stays until its period is over. */
  close(): void {
    this.#current?.key.fill(0);
    this.#current = undefined;
    this.#known = new Recent(REMEMBERED);
  }

  async #renew(): Promise<void> {
    const { clickhouse, folder, days } = this.#options;
    const period = periodAt(this.#now(), days);
    if (this.#current?.period.starts === period.starts) return;
    this.close();
    await removeKeys(folder, period);
    const stored = await storedKey(folder, period);
    const key = stored ?? (await sharedKey(clickhouse, period));
    if (key === undefined) return;
    if (stored === undefined) await storeKey(folder, period, key);
    this.#take(period, key);
  }

  #take(period: Period, key: Buffer | undefined): void {
    if (key !== undefined) this.#current = { period, until: Date.parse(period.ends), key };
  }
}

/**
 * Whether a yes was given by the person's own signal: a TC string that was said to apply. Where no law wants a
 * yes, the absence of a no lets a hit be stored; for a household that is no consent, and neither is `gdpr=0`, an
 * opt-out that was not made (US Privacy, GPP), or what is implied (TCF Canada).
 *
 * @param signals of a hit that consent lets be stored: with `gdpr=1`, or section 2 in force, that takes a string
 *   that says so.
 */
export const isSignalledYes = (signals: {
  readonly gdpr?: string | undefined;
  readonly gppSid?: string | undefined;
}): boolean => signals.gdpr === '1' || readGppSid(signals.gppSid)?.has(TCF_EU_SECTION) === true;
