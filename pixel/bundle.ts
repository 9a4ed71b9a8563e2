import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles the tag with the options of `scripts/build.mjs`, for tests that must not depend on an older build.
 *
 * @returns the text of `tag.js`.
 */
export async function bundleTag(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('tag.ts', import.meta.url))],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2017',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]!.text;
}
