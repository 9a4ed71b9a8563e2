import { bitsOf, fibonacci } from './bits.ts';
import { CLOCK_SLACK_MS, MAX_CONSENT_LENGTH, type TcConsents, type TcReading } from './tcf.ts';

/** The first six bits of the core: version 1. */
const VERSION = 'B';
const CREATED = 6;
const UPDATED = 42;
/** What stands between: CMP, screen, language, vendor list, policy, stacks, special features. */
const EXPRESS_PURPOSES = 151;
const IMPLIED_PURPOSES = 175;
const VENDOR_LISTS = 199;
const PURPOSE_BITS = 24;
const LAST_PURPOSE = 11;
const MAX_VENDOR_ID = 65_535;
/** Padding to whole bytes and then to whole characters is never longer. */
const MAX_PADDING = 24;

/** Kinds of segment beside the core, by their first three bits. */
const DISCLOSED = '001';
const PUBLISHER_PURPOSES = '011';

const NOT_ALLOWED = 0;
const EXPRESS_ONLY = 1;
const IMPLIED_ONLY = 2;

const UNREADABLE: TcReading = { readable: false, reason: 'consent_unreadable' };

/**
 * Reads section 5 of a GPP string (IAB Canada, TCF Canada v1.1; IAB Tech Lab, GPP section "tcfca"). A purpose
 * has consent where it and the vendor have it in the same kind: express, or implied and not objected to.
 *
 * Read here and not by the library, because that writes out Fibonacci coded ranges of any length: ten
 * characters end the process, as in the header. Lists are kept as ranges here, so the length bounds the work.
 *
 * @param text the section as it came.
 * @param now milliseconds since 1970.
 * @returns never throws; what cannot be read has a reason.
 */
export function readTcfCa(text: string, now: number): TcReading {
  if (text.length > MAX_CONSENT_LENGTH) return { readable: false, reason: 'consent_too_long' };
  const [core = '', ...others] = text.split('.');
  const bits = core.startsWith(VERSION) ? bitsOf(core) : undefined;
  if (bits === undefined) return UNREADABLE;
  const lists =
    readLists(new Reader(bits, VENDOR_LISTS, true)) ?? readLists(new Reader(bits, VENDOR_LISTS, false));
  const disclosed = readDisclosed(others);
  if (lists === undefined || disclosed === undefined) return UNREADABLE;
  const made = 100 * Math.max(numberAt(bits, CREATED, 36), numberAt(bits, UPDATED, 36));
  if (made > now + CLOCK_SLACK_MS)
    return { readable: false, reason: 'consent_from_future', until: made - CLOCK_SLACK_MS };
  return { readable: true, consents: consentsOf(bits, lists, disclosed) };
}

type Has = (vendor: number) => boolean;

interface Restriction {
  readonly purpose: number;
  readonly type: number;
  readonly has: Has;
}

interface Lists {
  readonly express: Has;
  readonly implied: Has;
  readonly restrictions: readonly Restriction[];
}

function consentsOf(bits: string, lists: Lists, disclosed: Has): TcConsents {
  const expressPurposes = purposesAt(bits, EXPRESS_PURPOSES);
  const impliedPurposes = purposesAt(bits, IMPLIED_PURPOSES);
  return {
    purposesOf(vendor) {
      let express = lists.express(vendor) ? expressPurposes : 0;
      let implied = lists.implied(vendor) ? impliedPurposes : 0;
      if (!lists.express(vendor) && !lists.implied(vendor)) return undefined;
      if (!disclosed(vendor)) return undefined;
      for (const { purpose, type, has } of lists.restrictions) {
        if (!has(vendor)) continue;
        const bit = purpose <= LAST_PURPOSE ? 1 << (purpose - 1) : 0;
        if (type !== EXPRESS_ONLY) express &= ~bit;
        if (type !== IMPLIED_ONLY) implied &= ~bit;
      }
      return express | implied;
    },
  };
}

/**
 * Older encoders wrote numbers of fixed width where the standard says Fibonacci coded ones. Nothing in the string
 * tells which; read the wrong way, it does not end where the lists end.
 */
function readLists(reader: Reader): Lists | undefined {
  const express = reader.vendors();
  const implied = reader.vendors();
  const count = reader.number(12);
  const restrictions: Restriction[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const purpose = reader.number(6);
    const type = reader.number(2);
    if (type > IMPLIED_ONLY || type < NOT_ALLOWED) return undefined;
    restrictions.push({ purpose, type, has: reader.fibonacci ? reader.vendors() : reader.ranges() });
  }
  return reader.isAtEnd() ? { express, implied, restrictions } : undefined;
}

/** Where no vendors are listed the CMP does not keep the list, and everybody counts as disclosed. */
function readDisclosed(segments: readonly string[]): Has | undefined {
  let disclosed: Has = () => true;
  const seen = new Set<string>();
  for (const segment of segments) {
    const bits = bitsOf(segment);
    const kind = bits?.slice(0, 3) ?? '';
    if (bits === undefined || (kind !== DISCLOSED && kind !== PUBLISHER_PURPOSES) || seen.has(kind))
      return undefined;
    seen.add(kind);
    if (kind === PUBLISHER_PURPOSES || numberAt(bits, 3, 16) === 0) continue;
    const read = [true, false].map((isFibonacci) => {
      const reader = new Reader(bits, 3, isFibonacci);
      const has = reader.vendors();
      return reader.isAtEnd() ? has : undefined;
    });
    const has = read[0] ?? read[1];
    if (has === undefined) return undefined;
    disclosed = has;
  }
  return disclosed;
}

const numberAt = (bits: string, position: number, width: number) =>
  Number.parseInt(bits.slice(position, position + width).padEnd(width, '0'), 2);

/** Bit `p - 1` = purpose p; in the string the first purpose stands first. */
function purposesAt(bits: string, position: number): number {
  let mask = 0;
  for (let purpose = 1; purpose <= Math.min(LAST_PURPOSE, PURPOSE_BITS); purpose++)
    if (bits[position + purpose - 1] === '1') mask |= 1 << (purpose - 1);
  return mask;
}

class Reader {
  readonly fibonacci: boolean;
  failed = false;
  readonly #bits: string;
  #position: number;

  constructor(bits: string, position: number, isFibonacci: boolean) {
    this.#bits = bits;
    this.#position = position;
    this.fibonacci = isFibonacci;
  }

  number(width: number): number {
    if (this.#position + width > this.#bits.length) this.failed = true;
    const value = numberAt(this.#bits, this.#position, width);
    this.#position += width;
    return value;
  }

  /** OptimizedRange: the highest id, then a field of bits or ranges. */
  vendors(): Has {
    const highest = this.number(16);
    if (this.number(1) === 1) return this.ranges(highest);
    const bits = this.#bits;
    const start = this.#position;
    this.#position += highest;
    if (this.#position > bits.length) this.failed = true;
    return (vendor) => vendor >= 1 && vendor <= highest && bits[start + vendor - 1] === '1';
  }

  /** @param highest what the last range must end with, where the string says it: read the wrong way it does not. */
  ranges(highest?: number): Has {
    const count = this.number(12);
    const ranges: [first: number, last: number][] = [];
    let before = 0;
    for (let i = 0; i < count && !this.failed; i++) {
      const isGroup = this.number(1) === 1;
      const first = this.#id(before);
      const last = isGroup ? this.#id(first) : first;
      if (first <= before || last < first) this.failed = true;
      before = last;
      ranges.push([first, last]);
    }
    if (highest !== undefined && before !== highest) this.failed = true;
    return (vendor) => ranges.some(([first, last]) => vendor >= first && vendor <= last);
  }

  /** Nothing is left but padding. */
  isAtEnd(): boolean {
    const rest = this.#bits.slice(this.#position);
    return !this.failed && rest.length < MAX_PADDING && !rest.includes('1');
  }

  /** Fibonacci coded ids are distances from the one before. */
  #id(before: number): number {
    if (!this.fibonacci) return this.number(16);
    const end = this.#bits.indexOf('11', this.#position);
    // A code of 24 bits stands for more than any vendor id; a long one need not be summed.
    if (end === -1 || end - this.#position > 24) {
      this.failed = true;
      return before;
    }
    const id = before + fibonacci(this.#bits, this.#position, end);
    this.#position = end + 2;
    if (id > MAX_VENDOR_ID) this.failed = true;
    return id;
  }
}
