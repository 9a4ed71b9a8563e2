/** Bits of the core segment before its first list of vendors (IAB Tech Lab, TC string format v2). */
const BITS_BEFORE_VENDORS = 213;

/**
 * How many vendor ids the lists of a TC string come to once every range in it is written out.
 *
 * A range of 33 bits stands for up to 65,535 ids, and the decoding library writes each of them out: 1.7 kB
 * took it 430 ms. The length alone therefore bounds nothing; this sum does, before anything is decoded.
 * Where a string ends too early, what stands before the end is summed.
 *
 * @param segments of the string, of base64url characters only, the core first.
 * @param limit the sum stops once it is past this.
 */
export function vendorIdsIn(segments: readonly string[], limit: number): number {
  let ids = 0;
  for (const [index, segment] of segments.entries()) {
    if (ids > limit) break;
    // The three more characters keep the last bits, which a length of no whole bytes would lose.
    const bits = new Bits(Buffer.from(`${segment}AAA`, 'base64url'));
    if (index === 0) {
      bits.position = BITS_BEFORE_VENDORS;
      ids += idsInVendors(bits, limit) + idsInVendors(bits, limit) + idsInRestrictions(bits, limit);
    } else if (isVendorList(bits.read(3))) {
      ids += idsInVendors(bits, limit);
    }
  }
  return ids;
}

/** Segment types 1 (disclosed vendors) and 2 (allowed vendors) are one list of vendors each. */
function isVendorList(segmentType: number): boolean {
  return segmentType === 1 || segmentType === 2;
}

function idsInVendors(bits: Bits, limit: number): number {
  const maxId = bits.read(16);
  const asRanges = bits.read(1) === 1;
  if (asRanges) return idsInRanges(bits, limit);
  bits.position += maxId;
  return maxId;
}

function idsInRestrictions(bits: Bits, limit: number): number {
  let ids = 0;
  const restrictions = bits.read(12);
  for (let i = 0; i < restrictions && ids <= limit && !bits.ended; i++) {
    bits.position += 6 + 2;
    ids += idsInRanges(bits, limit);
  }
  return ids;
}

function idsInRanges(bits: Bits, limit: number): number {
  let ids = 0;
  const entries = bits.read(12);
  for (let i = 0; i < entries && ids <= limit && !bits.ended; i++) {
    const isRange = bits.read(1) === 1;
    const first = bits.read(16);
    ids += isRange ? Math.max(0, bits.read(16) - first) + 1 : 1;
  }
  return ids;
}

class Bits {
  position = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get ended(): boolean {
    return this.position >= this.#bytes.length * 8;
  }

  /** The next `count` bits (at most 17, so that three bytes hold them) as a number; zeros past the end. */
  read(count: number): number {
    const byte = this.position >> 3;
    const three = (this.#at(byte) << 16) | (this.#at(byte + 1) << 8) | this.#at(byte + 2);
    const value = (three >> (24 - count - (this.position & 7))) & ((1 << count) - 1);
    this.position += count;
    return value;
  }

  #at(index: number): number {
    return this.#bytes[index] ?? 0;
  }
}
