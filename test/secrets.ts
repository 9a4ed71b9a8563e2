import { createHash } from 'node:crypto';
import fc from 'fast-check';

export const KINDS = ['email', 'phone', 'name', 'token', 'ip'] as const;
export type Kind = (typeof KINDS)[number];

/** Made-up data of a made-up person. */
export interface Secret {
  readonly kind: Kind;
  /** As it stands in a text; a name behind the parameter that tells it is one. */
  readonly text: string;
  /** As it stands in a path, segment by segment, not encoded; a name behind what tells that it is one. */
  readonly segments: readonly string[];
  /** The datum alone, as a field of its own has it. */
  readonly value: string;
  /** In lower case; whatever is written down and holds one of these has leaked. */
  readonly needles: readonly string[];
}

const SYLLABLES = 'an be da el fi go hu il jo ka li mo ne or pe qui ro su ta ul ve wy xa yo zu'.split(' ');
const digits = (length: number) =>
  fc.stringMatching(new RegExp(`^[2-9][0-9]{${length - 1}}$`)).filter((some) => !/^20/.test(some));
/** Pronounceable, so that it is known for a name and not for a token. */
const word = (from: number, to: number) =>
  fc
    .array(fc.constantFrom(...SYLLABLES), { minLength: from, maxLength: to })
    .map((syllables) => syllables.join(''));
/** fast-check's bytes are skewed towards edges; tokens in the wild are evenly random, as a digest is. */
const random = (encoding: 'hex' | 'base64url') =>
  fc.integer().map((n) => createHash('sha256').update(String(n)).digest(encoding));

const person = fc.tuple(word(2, 3), word(4, 5));

const email: fc.Arbitrary<Secret> = fc
  .tuple(
    person,
    fc.constantFrom('.', '_', '-', '', '+'),
    fc.constantFrom('', '7', '1984', '+news'),
    fc.constantFrom('@', '@', '@', '%40', ' (at) ', '[at]', '&#64;', '\uff20', '\\u0040', ' @ '),
    word(2, 4),
    fc.constantFrom('com', 'de', 'co.uk', 'org', 'example', 'museum'),
    fc.boolean(),
  )
  .map(([[first, last], between, more, at, host, top, isUpper]) => {
    const local = `${first}${between}${last}${more}`;
    const address = `${local}${at}${host}.${top}`;
    const text = isUpper && at.length === 1 ? address.toUpperCase() : address;
    return {
      kind: 'email',
      text,
      segments: [text],
      value: text,
      needles: [local, `${first}${between}${last}`],
    };
  });

const phone: fc.Arbitrary<Secret> = fc
  .oneof(
    fc.tuple(digits(3), digits(3), digits(4)).map(([a, b, c]) => `(${a}) ${b}-${c}`),
    fc
      .tuple(fc.constantFrom('-', '.', ' ', '', '\u2013'), digits(3), digits(3), digits(4))
      .map(([sign, ...parts]) => parts.join(sign)),
    fc
      .tuple(fc.constantFrom('+', '00'), digits(2), fc.constantFrom(' ', ' (0)', '-'), digits(3), digits(6))
      .map(([plus, country, zero, area, number]) => `${plus}${country}${zero}${area} ${number}`),
    fc.tuple(digits(4), digits(7)).map(([area, number]) => `0${area}/${number}`),
  )
  .map((text) => ({
    kind: 'phone',
    text,
    segments: [text],
    value: text,
    needles: [text, text.replace(/\D/g, '')],
  }));

const TELLING = [
  'name',
  'first_name',
  'lastName',
  'full-name',
  'username',
  'vorname',
  'nom',
  'customer_name',
  'user[name]',
];
const PLACES = ['user', 'users', 'profile', 'member', 'name', 'benutzer', 'utilisateur', 'profilo'];
const name: fc.Arbitrary<Secret> = fc
  .tuple(
    person,
    fc.constantFrom(' ', '-', '.'),
    fc.constantFrom(...TELLING),
    fc.constantFrom(...PLACES),
    fc.boolean(),
  )
  .map(([[first, last], between, parameter, place, isMatrix]) => {
    const capital = (part: string) => part[0]!.toUpperCase() + part.slice(1);
    const value = `${capital(first)}${between}${capital(last)}`;
    return {
      kind: 'name',
      text: `${parameter}=${value}`,
      segments: isMatrix ? [`list;${parameter}=${value}`] : [place, value],
      value,
      needles: [last],
    };
  });

/** Every run of so many characters of a token is as telling as the whole. */
const TELLING_RUN = 12;
const token: fc.Arbitrary<Secret> = fc
  .oneof(
    fc.tuple(random('hex'), fc.integer({ min: 16, max: 64 })).map(([hex, length]) => hex.slice(0, length)),
    fc
      .tuple(random('base64url'), fc.integer({ min: 32, max: 43 }))
      .map(([id, length]) => id.slice(0, length)),
    random('base64url').map((id) => id.replaceAll(/[-_]/g, 'x')),
    random('hex').map((hex) => hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')),
    fc
      .tuple(random('base64url'), random('base64url'))
      .map(([body, signature]) => `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI${body}.${signature}`),
  )
  .map((text) => ({
    kind: 'token',
    text,
    segments: [text],
    value: text,
    needles: Array.from({ length: text.length - TELLING_RUN + 1 }, (_, at) =>
      text.slice(at, at + TELLING_RUN).toLowerCase(),
    ),
  }));

const octet = fc.integer({ min: 11, max: 254 });
const group = fc.integer({ min: 0x1000, max: 0xffff }).map((n) => n.toString(16));
const ip: fc.Arbitrary<Secret> = fc
  .oneof(
    fc.tuple(fc.integer({ min: 11, max: 126 }), octet, octet, octet).map((octets) => octets.join('.')),
    fc.array(group, { minLength: 7, maxLength: 7 }).map((groups) => `2a02:${groups.join(':')}`),
    fc.array(group, { minLength: 4, maxLength: 4 }).map(([a, b, c, d]) => `2a02:${a}:${b}::${c}:${d}`),
  )
  .map((text) => ({
    kind: 'ip',
    text,
    segments: [text],
    value: text,
    needles: [text, ...(text.includes(':') ? [text.split(':').slice(-2).join(':')] : [])],
  }));

const OF_KIND: Readonly<Record<Kind, fc.Arbitrary<Secret>>> = { email, phone, name, token, ip };

/** So many secrets of each kind; the same for the same seed. */
export function drawSecrets(seed: number, each: number): Secret[] {
  const draws = KINDS.map((kind) => fc.sample(OF_KIND[kind], { seed, numRuns: each }));
  return draws.flat().map((secret) => ({
    ...secret,
    needles: [...new Set(secret.needles.map((needle) => needle.toLowerCase()))],
  }));
}

/** Of every needle so many characters are looked up; shorter ones there are none. */
const HEAD = 8;

/**
 * Finds secrets in a text of any size: one look at each of its places, however many secrets there are.
 *
 * @returns a function that tells which of them a text holds, raw or in percent signs, in any case.
 */
export function searcher(secrets: readonly Secret[]): (text: string) => Secret[] {
  const byHead = new Map<string, [needle: string, secret: Secret][]>();
  for (const secret of secrets)
    for (const needle of secret.needles) {
      const head = needle.slice(0, HEAD);
      byHead.set(head, [...(byHead.get(head) ?? []), [needle, secret]]);
    }
  return (text) => {
    const found = new Set<Secret>();
    for (const reading of readings(text))
      for (let at = 0; at + HEAD <= reading.length; at++)
        for (const [needle, secret] of byHead.get(reading.slice(at, at + HEAD)) ?? [])
          if (reading.startsWith(needle, at) && isWhole(reading, at, needle)) found.add(secret);
    return [...found];
  };
}

/** Digits may be part of any longer number, and an address of a longer one, which are another's. */
const isWhole = (text: string, at: number, needle: string) =>
  !/^[\d.]+$/.test(needle) ||
  (!/[\d.]/.test(text[at - 1] ?? '') &&
    !/^\.?\d/.test(text.slice(at + needle.length, at + needle.length + 2)));

/** Everything a text says, in each reading of it, in lower case. */
export function readings(text: string): string[] {
  const all = [text.toLowerCase()];
  for (let times = 0; times < 2; times++) {
    const decoded = all
      .at(-1)!
      .replace(/(?:%[0-9a-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString());
    if (decoded === all.at(-1)) break;
    all.push(decoded);
  }
  return all;
}
