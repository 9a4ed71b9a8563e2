import { describe, expect, it } from 'vitest';
import { type Encoding, encodingFor } from './encoding.ts';

describe('what an Accept-Encoding header asks for', () => {
  it.each<[string, Encoding | undefined]>([
    ['', undefined],
    ['identity', undefined],
    ['br, deflate', undefined],
    ['gzip', 'gzip'],
    ['x-gzip', 'gzip'],
    ['GZIP;Q=0.5', 'gzip'],
    ['zstd', 'zstd'],
    ['gzip, deflate, br, zstd', 'zstd'],
    ['zstd;q=0.5, gzip', 'gzip'],
    ['zstd; q=0, gzip;q=0.1', 'gzip'],
    ['gzip;q=0, identity', undefined],
    ['gzip;q=0.000', undefined],
    ['gzip;q=high', undefined],
    ['*', undefined],
    ['gzippy', undefined],
  ])('%s', (accepted, encoding) => {
    expect(encodingFor(accepted)).toBe(encoding);
  });
});
