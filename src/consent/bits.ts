const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SIX_BITS: ReadonlyMap<string, string> = new Map(
  [...ALPHABET].map((character, value) => [character, value.toString(2).padStart(6, '0')]),
);

/** @returns the bits of a base64url text as a text of 0 and 1; undefined where it holds another character. */
export function bitsOf(text: string): string | undefined {
  let bits = '';
  for (const character of text) {
    const six = SIX_BITS.get(character);
    if (six === undefined) return undefined;
    bits += six;
  }
  return bits;
}

/** Sum of the Fibonacci numbers 1, 2, 3, 5, … whose bits are set from `start` to `end`, both included. */
export function fibonacci(bits: string, start: number, end: number): number {
  let value = 0;
  let [current, following] = [1, 2];
  for (let position = start; position <= end; position++) {
    if (bits[position] === '1') value += current;
    [current, following] = [following, current + following];
  }
  return value;
}
