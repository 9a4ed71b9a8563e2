import { brotliCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleTag } from './bundle.mjs';

/** Bytes a browser loads; what a page gives up for the tag. */
const BUDGET = 2000;

it('the tag is at most 2.0 kB, as brotli sends it', async () => {
  expect(brotliCompressSync(await bundleTag()).length).toBeLessThanOrEqual(BUDGET);
});
