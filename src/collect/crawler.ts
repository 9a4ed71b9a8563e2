/** What a browser's own request shows beside its user agent; each stands for one kind of sign. */
export interface CrawlerSignals {
  /** A browser without a window, by its hints or its user agent. */
  readonly headless: boolean;
  /** Headers are absent that the browser it says it is always sends. */
  readonly headersMissing: boolean;
  /** User agent and Client Hints cannot both be true. */
  readonly contradictory: boolean;
  /** Out of a hosting company's network. */
  readonly dataCentre: boolean;
}

/** One sign alone has honest causes: a company's proxy, an extension that changes the user agent, a VPN. */
const ENOUGH = 2;

/**
 * Whether a request that does not call itself a crawler is one all the same. Of those that do, the user agent
 * tells already (see `parseAgent`).
 *
 * @returns true for more than one kind of sign.
 */
export const isCrawler = ({ headless, headersMissing, contradictory, dataCentre }: CrawlerSignals): boolean =>
  Number(headless) + Number(headersMissing) + Number(contradictory) + Number(dataCentre) >= ENOUGH;
