import { bitsOf, fibonacci } from './bits.ts';

/** Header type 3 in six bits, then version 1 in six bits. */
const TYPE_AND_VERSION = 'DB';

/** Whether a text begins as a GPP string does, and no TC string (`C`) or US Privacy string (`1`). */
export const isGpp = (text: string): boolean => text.startsWith(TYPE_AND_VERSION);

/** A header of 13 sections with gaps between them has 14 characters. */
const MAX_HEADER_LENGTH = 64;

/** Section ids run to the twenties today. */
const MAX_SECTION_ID = 999;

/** Sections of one string; it names two dozen at most. */
const MAX_SECTIONS = 64;

/**
 * The section ids that the header of a GPP string lists, in the order of its sections (IAB Tech Lab, GPP
 * consent string specification, "Header": a range of Fibonacci coded integers, each as the distance from
 * the one before).
 *
 * Read here and not by the library, because that writes out the range of a header of ten characters to
 * billions of ids, which ends the process (V8 "invalid size error", not to be caught).
 *
 * @param header the part before the first `~`.
 * @returns undefined where it cannot be read.
 */
export function sectionIdsIn(header: string): readonly number[] | undefined {
  if (!isGpp(header) || header.length > MAX_HEADER_LENGTH) return undefined;
  const bits = bitsOf(header);
  if (bits === undefined || bits.length < 24) return undefined;
  const entries = Number.parseInt(bits.slice(12, 24), 2);
  const ids: number[] = [];
  let position = 24;
  let last = 0;
  const next = (): number | undefined => {
    const end = bits.indexOf('11', position);
    if (end === -1) return undefined;
    last += fibonacci(bits, position, end);
    position = end + 2;
    return last <= MAX_SECTION_ID ? last : undefined;
  };
  for (let entry = 0; entry < entries; entry++) {
    const isRange = bits[position] === '1';
    position += 1;
    const first = next();
    const final = isRange ? next() : first;
    if (first === undefined || final === undefined) return undefined;
    if (ids.length + final - first >= MAX_SECTIONS) return undefined;
    for (let id = first; id <= final; id++) ids.push(id);
  }
  return ids;
}
