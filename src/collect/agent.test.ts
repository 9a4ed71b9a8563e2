import { describe, expect, it } from 'vitest';
import { parseAgent } from './agent.ts';
import type { ClientHints } from './client-hints.ts';

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
    expect(parseAgent(userAgent)).toMatchObject({
      ...{ device, os, browser, bot: false },
      ...{ headless: false, contradictory: false },
    });
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
    expect(first).toMatchObject({ device: 'desktop', os: 'Windows', browser: 'Chrome', bot: false });
    expect(parseAgent(userAgent)).toBe(first);
  });
});

const MAC = `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${CHROME} Safari/537.36`;
const WINDOWS = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Safari/537.36`;
const LINUX = `Mozilla/5.0 (X11; Linux x86_64) ${CHROME} Safari/537.36`;
const PHONE = `Mozilla/5.0 (Linux; Android 10; K) ${CHROME} Mobile Safari/537.36`;
const TABLET = `Mozilla/5.0 (Linux; Android 13; SM-X900) ${CHROME} Safari/537.36`;
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15';

const hints = (brand: string, platform: string, mobile = '?0', version = 124): ClientHints => ({
  brands: `"${brand}";v="${version}", "Not-A.Brand";v="99", "Chromium";v="${version}"`,
  platform: `"${platform}"`,
  mobile,
});

describe('parseAgent with Client Hints', () => {
  it.each([
    ['Chrome', MAC, hints('Google Chrome', 'macOS'), 'desktop', 'Mac OS', 'Chrome'],
    [
      'Edge, which the user agent hides',
      WINDOWS,
      hints('Microsoft Edge', 'Windows'),
      'desktop',
      'Windows',
      'Edge',
    ],
    ['Brave', LINUX, hints('Brave', 'Linux'), 'desktop', 'Linux', 'Brave'],
    ['a Chromebook', LINUX, hints('Google Chrome', 'Chrome OS'), 'desktop', 'Chromium OS', 'Chrome'],
    ['a phone', PHONE, hints('Google Chrome', 'Android', '?1'), 'mobile', 'Android', 'Chrome'],
    [
      'a tablet that is called mobile',
      TABLET,
      hints('Google Chrome', 'Android', '?1'),
      'tablet',
      'Android',
      'Chrome',
    ],
    [
      'a tablet that asks for desktop pages',
      LINUX,
      hints('Google Chrome', 'Android'),
      'tablet',
      'Android',
      'Chrome',
    ],
    [
      'an app’s WebView, named by its app',
      `${PHONE} [LinkedInApp]`,
      hints('Android WebView', 'Android', '?1'),
      'mobile',
      'Android',
      'LinkedIn',
    ],
    [
      'no brand of its own',
      LINUX,
      { brands: '"Chromium";v="124", ";Not A Brand";v="99"', mobile: '?0', platform: '"Linux"' },
      'desktop',
      'Linux',
      'Chromium',
    ],
  ])('%s', (_sentence, userAgent, hinted, device, os, browser) => {
    const agent = parseAgent(userAgent, hinted);
    expect(agent).toMatchObject({ device, os, browser, bot: false, contradictory: false });
    expect(parseAgent(userAgent, { ...hinted })).toBe(agent);
  });

  it('takes over no text that is not on its list', () => {
    const odd = {
      brands: '"joe@example.com";v="1"',
      mobile: 'joe@example.com',
      platform: '"joe@example.com"',
    };
    expect(parseAgent(WINDOWS, odd)).toMatchObject({ device: 'desktop', os: 'Windows', browser: 'Chrome' });
    expect(parseAgent(WINDOWS, { ...odd, brands: '"Google Chrome";v="124", '.repeat(1000) })).toMatchObject({
      browser: 'Chrome',
    });
  });

  it('keeps apart the browsers that share a user agent, more of them than it remembers', () => {
    const brands = ['Google Chrome', 'Brave', 'Opera', 'Vivaldi', 'Microsoft Edge', 'DuckDuckGo', 'Whale'];
    const names = () => brands.map((brand) => parseAgent(MAC, hints(brand, 'macOS')).browser);
    const expected = ['Chrome', 'Brave', 'Opera', 'Vivaldi', 'Edge', 'DuckDuckGo', 'Whale'];
    expect([names(), names()]).toEqual([expected, expected]);
    expect(parseAgent(MAC).browser).toBe('Chrome');
  });

  it.each<[string, string, ClientHints, boolean]>([
    ['the same in both', WINDOWS, hints('Google Chrome', 'Windows'), false],
    ['another system', WINDOWS, hints('Google Chrome', 'Linux'), true],
    ['another version', WINDOWS, hints('Google Chrome', 'Windows', '?0', 119), true],
    ['a phone’s hint on a desktop', WINDOWS, hints('Google Chrome', 'Windows', '?1'), true],
    ['a desktop’s hint on a phone', PHONE, hints('Google Chrome', 'Android', '?0'), true],
    ['hints of a browser that has none', FIREFOX, hints('Google Chrome', 'Linux'), true],
    ['Android on a large screen, which says it is Linux', LINUX, hints('Google Chrome', 'Android'), false],
  ])('%s: contradictory is told', (_sentence, userAgent, hinted, contradictory) => {
    expect(parseAgent(userAgent, hinted).contradictory).toBe(contradictory);
  });

  it('sees a browser without a window that only its hints give away', () => {
    expect(parseAgent(LINUX, hints('HeadlessChrome', 'Linux'))).toMatchObject({ headless: true, bot: false });
  });
});

describe('what a browser always sends', () => {
  it.each([
    ['Chrome', WINDOWS, true, true],
    ['an old Chrome', WINDOWS.replace('124', '79'), true, false],
    ['Firefox', FIREFOX, true, true],
    ['an old Firefox', FIREFOX.replaceAll('125', '89'), true, false],
    ['Safari', SAFARI, true, true],
    ['an old Safari', SAFARI.replace('17.4', '16.3'), true, false],
    ['a WebView, of which nobody knows', `${PHONE.replace('; K', '; K; wv')}`, false, false],
    ['a television', 'Roku/DVP-9.10 (519.10E04111A)', false, false],
  ])('%s', (_sentence, userAgent, sendsLanguage, sendsFetchMetadata) => {
    expect(parseAgent(userAgent)).toMatchObject({ sendsLanguage, sendsFetchMetadata });
  });
});
