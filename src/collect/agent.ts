import { isbot } from 'isbot';
import { LRUCache } from 'lru-cache';
import { UAParser } from 'ua-parser-js';

export type Device = 'desktop' | 'mobile' | 'tablet' | 'tv' | 'console' | 'wearable' | 'other';

/** What a user agent says, in families only: a version adds nothing to a segment and much to a fingerprint. */
export interface Agent {
  readonly device: Device;
  /** As ua-parser-js names it (`Windows`, `Mac OS`, `Android`); empty where not known. */
  readonly os: string;
  /** As ua-parser-js names it (`Chrome`, `Mobile Safari`); empty where not known. */
  readonly browser: string;
  /** A crawler, a tool or a library, not a person's browser. */
  readonly bot: boolean;
}

/** ua-parser-js itself reads no further than 500 characters. */
const MAX_LENGTH = 500;

/** A parse costs tens of microseconds, a cached one well under one; a site's visitors share few agents. */
const agents = new LRUCache<string, Agent>({ max: 20_000 });

/**
 * Reads a user agent by ua-parser-js and isbot.
 *
 * An empty one is a bot: every browser sends the header, and what calls without it is a script or a check.
 * ua-parser-js leaves the device type of a desktop's browser open, so a desktop is what has no type and a
 * desktop's operating system. An iPad that asks for desktop pages says it is a Mac, and counts as one.
 *
 * @param userAgent the header's value; what stands behind 500 characters is not read.
 */
export function parseAgent(userAgent: string): Agent {
  const known = agents.get(userAgent);
  if (known !== undefined) return known;
  // Copied, because a slice would keep the whole header of up to 16 kB alive in the cache.
  const bounded =
    userAgent.length > MAX_LENGTH
      ? Buffer.from(userAgent.slice(0, MAX_LENGTH), 'utf16le').toString('utf16le')
      : userAgent;
  const cached = bounded === userAgent ? undefined : agents.get(bounded);
  if (cached !== undefined) return cached;
  const agent = parse(bounded);
  agents.set(bounded, agent);
  return agent;
}

const NOBODY: Agent = { device: 'other', os: '', browser: '', bot: true };

function parse(userAgent: string): Agent {
  if (userAgent.trim() === '') return NOBODY;
  const parser = new UAParser(userAgent);
  const os = parser.getOS().name ?? '';
  const browser = parser.getBrowser().name ?? '';
  return { device: deviceOf(parser.getDevice().type, os), os, browser, bot: isbot(userAgent) };
}

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
