import { describe, expect, it } from 'vitest';
import { type CrawlerSignals, isCrawler } from './crawler.ts';

const NONE: CrawlerSignals = {
  headless: false,
  headersMissing: false,
  contradictory: false,
  dataCentre: false,
};

describe('isCrawler', () => {
  it.each<[string, Partial<CrawlerSignals>, boolean]>([
    ['a browser', {}, false],
    ['a test of the owner’s, from the office', { headless: true }, false],
    ['behind a proxy that takes headers away', { headersMissing: true }, false],
    ['an extension that changes the user agent', { contradictory: true }, false],
    ['a VPN', { dataCentre: true }, false],
    ['headless in a data centre', { headless: true, dataCentre: true }, true],
    ['a script that copies a user agent, in a data centre', { headersMissing: true, dataCentre: true }, true],
    ['a disguise in a data centre', { contradictory: true, dataCentre: true }, true],
    ['a headless browser in disguise', { headless: true, contradictory: true }, true],
    ['a disguise with headers forgotten', { headersMissing: true, contradictory: true }, true],
    ['headless with headers forgotten', { headless: true, headersMissing: true }, true],
    ['everything', { headless: true, headersMissing: true, contradictory: true, dataCentre: true }, true],
  ])('%s', (_sentence, signals, crawler) => {
    expect(isCrawler({ ...NONE, ...signals })).toBe(crawler);
  });
});
