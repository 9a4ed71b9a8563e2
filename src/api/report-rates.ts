import type { ClickHouse } from '../clickhouse/client.ts';
import { remembered } from '../dashboard/remembered.ts';
import { type MatchRate, matchRate } from '../identity/match-rate.ts';
import type { RatedPartner } from '../report/match-rates.ts';

/**
 * The present rates of partners, each shared by whoever asks within a while: it reads thirty days of everybody, and
 * the page of all partners asks for twenty. `asOf` says of when a rate is.
 */
export class RememberedRates {
  readonly #clickhouse: ClickHouse;
  readonly #rates = new Map<string, { readonly of: string; readonly read: () => Promise<MatchRate> }>();

  constructor(clickhouse: ClickHouse) {
    this.#clickhouse = clickhouse;
  }

  /** @throws ClickHouseError */
  readonly of = (partner: RatedPartner): Promise<MatchRate> => {
    // What is counted hangs on these too: a partner that was changed is counted anew.
    const of = JSON.stringify([partner.freshDays, partner.keepsMatches]);
    let rate = this.#rates.get(partner.id);
    if (rate?.of !== of) {
      rate = { of, read: remembered(() => matchRate(this.#clickhouse, partner)) };
      this.#rates.set(partner.id, rate);
    }
    return rate.read();
  };
}
