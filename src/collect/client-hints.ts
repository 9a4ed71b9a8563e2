import { detached } from './detached.ts';

/** The low-entropy User-Agent Client Hints (W3C WICG, UA Client Hints), each as its header came. */
export interface ClientHints {
  /** `Sec-CH-UA`. */
  readonly brands: string;
  /** `Sec-CH-UA-Mobile`. */
  readonly mobile: string | undefined;
  /** `Sec-CH-UA-Platform`. */
  readonly platform: string | undefined;
}

/** What hints say, in the names of ua-parser-js; undefined where they say nothing. */
export interface HintedAgent {
  readonly browser: string | undefined;
  readonly os: string | undefined;
  readonly mobile: boolean | undefined;
  readonly headless: boolean;
  /** Major version of the engine; the user agent of every such browser has the same one. */
  readonly chromium: number | undefined;
}

/** Browsers send some 70 characters; longer ones are not read. */
const MAX_BRANDS = 200;
const MAX_PLATFORM = 40;

/** Only names of this list are taken over: what a header says is anybody's text, and is never stored. */
const BROWSERS: Readonly<Record<string, string>> = {
  'Google Chrome': 'Chrome',
  'Microsoft Edge': 'Edge',
  Opera: 'Opera',
  'Opera GX': 'Opera GX',
  OperaMobile: 'Opera',
  Brave: 'Brave',
  Vivaldi: 'Vivaldi',
  'Samsung Internet': 'Samsung Internet',
  YaBrowser: 'Yandex',
  Yandex: 'Yandex',
  DuckDuckGo: 'DuckDuckGo',
  Whale: 'Whale',
  'Coc Coc': 'Coc Coc',
  CocCoc: 'Coc Coc',
  'Avast Secure Browser': 'Avast Secure Browser',
  'AVG Secure Browser': 'AVG Secure Browser',
  'Huawei Browser': 'Huawei Browser',
  HuaweiBrowser: 'Huawei Browser',
  'Miui Browser': 'MIUI Browser',
  QQBrowser: 'QQBrowser',
  'Android WebView': 'Chrome WebView',
  HeadlessChrome: 'Chrome Headless',
};
const SYSTEMS: Readonly<Record<string, string>> = {
  Windows: 'Windows',
  macOS: 'Mac OS',
  'Mac OS X': 'Mac OS',
  Linux: 'Linux',
  Android: 'Android',
  iOS: 'iOS',
  'Chrome OS': 'Chromium OS',
  'Chromium OS': 'Chromium OS',
  Fuchsia: 'Fuchsia',
  HarmonyOS: 'HarmonyOS',
};

const BRAND = /"((?:[^"\\]|\\.){0,80})"\s*;\s*v\s*=\s*"(\d{0,6})/g;
const nameIn = (names: Readonly<Record<string, string>>, name: string) =>
  Object.hasOwn(names, name) ? names[name] : undefined;

/**
 * Reads the hints. Of several brands the one that tells most: a browser names the engine (`Chromium`) and an
 * invented brand beside its own, in any order, so that nobody may count on a fixed form.
 */
export function readHints({ brands, mobile, platform }: ClientHints): HintedAgent {
  let browser: string | undefined;
  let chromium: number | undefined;
  let headless = false;
  for (const [, name = '', version = ''] of brands.length > MAX_BRANDS ? [] : brands.matchAll(BRAND)) {
    if (name === 'Chromium') chromium = version === '' ? undefined : Number(version);
    headless ||= name === 'HeadlessChrome';
    if (browser === undefined || browser === 'Chrome') browser = nameIn(BROWSERS, name) ?? browser;
  }
  const system = (platform ?? '').slice(0, MAX_PLATFORM).replaceAll('"', '');
  return {
    browser: browser ?? (chromium === undefined ? undefined : 'Chromium'),
    os: nameIn(SYSTEMS, system),
    mobile: mobile === '?1' ? true : mobile === '?0' ? false : undefined,
    headless,
    chromium,
  };
}

export const sameHints = (a: ClientHints, b: ClientHints): boolean =>
  a.brands === b.brands && a.mobile === b.mobile && a.platform === b.platform;

/** A copy that keeps no request alive; undefined where the hints are too long to be worth a place in a memory. */
export const keptHints = ({ brands, mobile, platform }: ClientHints): ClientHints | undefined =>
  brands.length > MAX_BRANDS || (mobile?.length ?? 0) > MAX_PLATFORM || (platform?.length ?? 0) > MAX_PLATFORM
    ? undefined
    : {
        brands: detached(brands),
        mobile: mobile && detached(mobile),
        platform: platform && detached(platform),
      };
