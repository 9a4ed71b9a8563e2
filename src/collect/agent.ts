import { isbot } from 'isbot';
import { UAParser } from 'ua-parser-js';
import { Recent } from '../recent.ts';
import { type ClientHints, type HintedAgent, keptHints, readHints, sameHints } from './client-hints.ts';
import { detached } from './detached.ts';
import type { Shared } from './hit.ts';

export type Device = 'desktop' | 'mobile' | 'tablet' | 'tv' | 'console' | 'wearable' | 'other';

/** What a user agent says, in families only: a version adds nothing to a segment and much to a fingerprint. */
export interface Agent extends Shared {
  readonly device: Device;
  /** As ua-parser-js names it (`Windows`, `Mac OS`, `Android`); empty where not known. */
  readonly os: string;
  /** As ua-parser-js names it (`Chrome`, `Mobile Safari`); empty where not known. */
  readonly browser: string;
  /** Calls itself a crawler, a tool or a library, not a person's browser. */
  readonly bot: boolean;
  /** Says that it has no window. */
  readonly headless: boolean;
  /** Says one thing in the user agent and another in the hints. */
  readonly contradictory: boolean;
  /** A browser that never leaves out `Accept-Language`. */
  readonly sendsLanguage: boolean;
  /** A browser that, by https, never leaves out `Sec-Fetch-Mode` (W3C Fetch Metadata). */
  readonly sendsFetchMetadata: boolean;
}

/** ua-parser-js itself reads no further than 500 characters. */
const MAX_LENGTH = 500;

/** A user agent as read, and with the hints it last came with. */
interface Remembered {
  readonly agent: Agent;
  readonly hinted: { readonly hints: ClientHints; readonly agent: Agent }[];
}

/** A parse costs tens of microseconds, a cached one well under one; a site's visitors share few agents. */
const agents = new Recent<string, Remembered>(20_000);
/**
 * Hints remembered of one user agent. Since Chrome froze its own, Chrome, Brave and a few others share one; in
 * so short a list the right one is found by comparing, without a text joined for a key.
 */
const MAX_HINTED = 4;

/**
 * Reads a user agent by ua-parser-js and isbot; Client Hints win where they came.
 *
 * An empty one is a bot: every browser sends the header, and what calls without it is a script or a check.
 * ua-parser-js leaves the device type of a desktop's browser open, so a desktop is what has no type and a
 * desktop's operating system. An iPad that asks for desktop pages says it is a Mac, and counts as one.
 *
 * @param userAgent the header's value; what stands behind 500 characters is not read.
 * @param hints undefined where none came.
 */
export function parseAgent(userAgent: string, hints?: ClientHints): Agent {
  const known = agents.get(userAgent) ?? remember(userAgent);
  if (hints === undefined || known.agent.bot) return known.agent;
  for (const one of known.hinted) if (sameHints(one.hints, hints)) return one.agent;
  const agent = withHints(known.agent, userAgent, readHints(hints));
  const kept = keptHints(hints);
  if (kept !== undefined) {
    if (known.hinted.length === MAX_HINTED) known.hinted.shift();
    known.hinted.push({ hints: kept, agent });
  }
  return agent;
}

function remember(userAgent: string): Remembered {
  const bounded = detached(userAgent.slice(0, MAX_LENGTH));
  const cached = bounded === userAgent ? undefined : agents.get(bounded);
  if (cached !== undefined) return cached;
  const fresh = { agent: parse(bounded), hinted: [] };
  agents.set(bounded, fresh);
  return fresh;
}

/** Nothing is known of it, which is nobody's fault: a server that speaks for its visitors need not say. */
export const UNKNOWN_AGENT: Agent = {
  device: 'other',
  os: '',
  browser: '',
  bot: false,
  headless: false,
  contradictory: false,
  sendsLanguage: false,
  sendsFetchMetadata: false,
  columns: undefined,
};
const NOBODY: Agent = { ...UNKNOWN_AGENT, bot: true };

function parse(userAgent: string): Agent {
  if (userAgent.trim() === '') return NOBODY;
  const parser = new UAParser(userAgent);
  const os = parser.getOS().name ?? '';
  const browser = parser.getBrowser().name ?? '';
  const sendsLanguage = FETCH_METADATA_SINCE.some(([names]) => names.has(browser));
  return {
    device: deviceOf(parser.getDevice().type, os),
    os,
    browser,
    bot: isbot(userAgent),
    headless: browser === 'Chrome Headless',
    contradictory: false,
    sendsLanguage,
    sendsFetchMetadata:
      sendsLanguage &&
      FETCH_METADATA_SINCE.some(
        ([names, version, since]) => names.has(browser) && majorIn(userAgent, version) >= since,
      ),
    columns: undefined,
  };
}

const CHROMIUM_VERSION = /\bChrome\/(\d{1,4})/;

/** From which major version on; of Safari the first whole one, because 16 had it from 16.4. */
const FETCH_METADATA_SINCE: readonly (readonly [ReadonlySet<string>, RegExp, number])[] = [
  [new Set(['Chrome', 'Edge', 'Opera', 'Samsung Internet']), CHROMIUM_VERSION, 80],
  [new Set(['Firefox']), /\bFirefox\/(\d{1,4})/, 90],
  [new Set(['Safari', 'Mobile Safari']), /\bVersion\/(\d{1,4})/, 17],
];

const majorIn = (userAgent: string, version: RegExp) => Number(version.exec(userAgent)?.[1] ?? 0);

const DEVICES: Readonly<Record<string, Device>> = {
  mobile: 'mobile',
  tablet: 'tablet',
  smarttv: 'tv',
  console: 'console',
  wearable: 'wearable',
};

const DESKTOP_SYSTEMS =
  /^(?:windows|mac os|linux|chromium os|[kxln]?ubuntu|debian|fedora|(?:open)?suse|gentoo|arch|mint|centos|red ?hat|manjaro|elementary os|deepin|slackware|mandriva|mageia|raspbian|\w{0,8}bsd|dragonfly|(?:open)?solaris|haiku|hurd|gnu|unix|fuchsia|serenityos)$/i;

function deviceOf(type: string | undefined, os: string): Device {
  if (type !== undefined) return DEVICES[type] ?? 'other';
  return DESKTOP_SYSTEMS.test(os) ? 'desktop' : 'other';
}

function withHints(said: Agent, userAgent: string, hinted: HintedAgent): Agent {
  const os = hinted.os ?? said.os;
  return {
    ...said,
    os,
    browser: browserOf(said.browser, hinted.browser),
    device: hintedDevice(said.device, os, hinted.mobile),
    headless: said.headless || hinted.headless,
    contradictory: contradicts(said, userAgent, hinted),
    columns: undefined,
  };
}

/** An app that shows pages in a WebView names itself in the user agent alone. */
function browserOf(said: string, hinted: string | undefined): string {
  const general = said === '' || said === 'Chrome' || said === 'Android Browser';
  return hinted === undefined || (!general && (hinted === 'Chromium' || hinted === 'Chrome WebView'))
    ? said
    : hinted;
}

/** Tablets send `?0` like desktops do, and of televisions and watches the hints know nothing. */
function hintedDevice(said: Device, os: string, mobile: boolean | undefined): Device {
  if (mobile === undefined || (said !== 'mobile' && said !== 'desktop' && said !== 'other')) return said;
  if (mobile) return 'mobile';
  if (os === 'Android') return 'tablet';
  return DESKTOP_SYSTEMS.test(os) ? 'desktop' : said;
}

/** Systems that no honest browser mistakes for one another; Android on a large screen says it is Linux. */
const SYSTEM_FAMILY: Readonly<Record<string, string>> = { Windows: 'w', 'Mac OS': 'm', iOS: 'i' };
const familyOf = (os: string) => SYSTEM_FAMILY[os] ?? 'x';

/** Only Chromium sends hints; its version and system are the same in both. */
function contradicts({ os, device }: Agent, userAgent: string, hinted: HintedAgent): boolean {
  const version = majorIn(userAgent, CHROMIUM_VERSION);
  if (version === 0) return true;
  if (hinted.chromium !== undefined && hinted.chromium !== version) return true;
  if (hinted.os !== undefined && os !== '' && familyOf(hinted.os) !== familyOf(os)) return true;
  return (hinted.mobile === true && device === 'desktop') || (hinted.mobile === false && device === 'mobile');
}
