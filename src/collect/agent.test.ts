import { describe, expect, it } from 'vitest';
import { parseAgent } from './agent.ts';

const CHROME = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0';

describe('parseAgent', () => {
  it.each([
    [
      'a desktop with Windows',
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`,
      'desktop',
      'Windows',
      'Chrome',
    ],
    [
      'a Mac',
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15',
      'desktop',
      'Mac OS',
      'Safari',
    ],
    [
      'a Linux desktop',
      'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0',
      'desktop',
      'Ubuntu',
      'Firefox',
    ],
    [
      'a Chromebook',
      `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${CHROME} Safari/537.36`,
      'desktop',
      'Chromium OS',
      'Chrome',
    ],
    [
      'a FreeBSD desktop',
      'Mozilla/5.0 (X11; FreeBSD amd64; rv:125.0) Gecko/20100101 Firefox/125.0',
      'desktop',
      'FreeBSD',
      'Firefox',
    ],
    [
      'an Android phone',
      `Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Mobile Safari/537.36`,
      'mobile',
      'Android',
      'Chrome',
    ],
    [
      'an iPhone',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1',
      'mobile',
      'iOS',
      'Mobile Safari',
    ],
    [
      'an iPad that says so',
      'Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1',
      'tablet',
      'iOS',
      'Mobile Safari',
    ],
    [
      'an Android tablet',
      `Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Safari/537.36`,
      'tablet',
      'Android',
      'Chrome',
    ],
    [
      'a television',
      'Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 (KHTML, like Gecko) Version/6.0 TV Safari/538.1',
      'tv',
      'Tizen',
      'Safari',
    ],
    ['a Roku, whose system the library does not name', 'Roku/DVP-9.10 (519.10E04111A)', 'tv', '', ''],
    [
      'a console',
      'Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15',
      'console',
      'PlayStation',
      'Safari',
    ],
    [
      'a watch',
      `Mozilla/5.0 (Linux; Android 11; SM-R870) ${CHROME} Mobile Safari/537.36`,
      'wearable',
      'Android',
      'Chrome',
    ],
    ['what nobody knows', 'Mozilla/5.0 (Unheard; Of)', 'other', '', ''],
  ])('%s is a person’s', (_sentence, userAgent, device, os, browser) => {
    expect(parseAgent(userAgent)).toEqual({ device, os, browser, bot: false });
  });

  it.each([
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
    ['curl/8.5.0'],
    ['python-requests/2.31.0'],
    [
      `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.0.0 Safari/537.36`,
    ],
    [''],
    ['  '],
  ])('“%s” is a bot', (userAgent) => {
    expect(parseAgent(userAgent).bot).toBe(true);
  });

  it('reads the head of an agent of 16 kB and answers the same when asked again', () => {
    const userAgent = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36 ${'x'.repeat(16_000)}`;
    const first = parseAgent(userAgent);
    expect(first).toEqual({ device: 'desktop', os: 'Windows', browser: 'Chrome', bot: false });
    expect(parseAgent(userAgent)).toBe(first);
  });
});
