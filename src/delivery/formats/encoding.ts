import { gzipSync } from 'node:zlib';

/** How an answer's bytes are packed, by the names of RFC 9110 (8.4.1) and RFC 8878. */
export const ENCODINGS = ['zstd', 'gzip'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Nothing, packed: ClickHouse sends no byte for it, which is no end of anything to who unpacks it. */
export const EMPTY: Readonly<Record<Encoding, Buffer>> = {
  gzip: gzipSync(''),
  // A frame of no content in one last block of no bytes (RFC 8878, 3.1.1).
  zstd: Buffer.from('28b52ffd2000010000', 'hex'),
};

/**
 * What an `Accept-Encoding` header asks for (RFC 9110, 12.5.3): the one with the greatest weight; of equal ones zstd,
 * which packs tighter and takes less to do it. A weight of 0 says "not this".
 *
 * @returns undefined where it is to be as it is.
 */
export function encodingFor(accepted: string): Encoding | undefined {
  const weights = new Map<string, number>();
  for (const entry of accepted.split(',')) {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='));
    const coding = name === 'x-gzip' ? 'gzip' : name;
    weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const weightOf = (coding: Encoding) => weights.get(coding) ?? 0;
  const [best] = [...ENCODINGS].sort((a, b) => weightOf(b) - weightOf(a));
  // Also what is no number.
  return best !== undefined && weightOf(best) > 0 ? best : undefined;
}
