import { brotliCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { bundleSync, bundleTag } from './bundle.mjs';

/** Bytes a browser loads of each script; what a page gives up for it. */
it.each([
  ['the tag', bundleTag, 2000],
  ['the script that syncs', bundleSync, 1500],
])('%s is within its budget, as brotli sends it', async (_, bundle, budget) => {
  expect(brotliCompressSync(await bundle()).length).toBeLessThanOrEqual(budget);
});
