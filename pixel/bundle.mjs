import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { minify } from 'terser';

/**
 * Browsers since 2020. For those of 2017 the tag would be a seventh longer, and an older one than either does
 * not run it at all: a script that cannot be read does nothing.
 */
const target = 'es2020';
/** The tag is no strict code: where a page has frozen what it hooks into, nothing is thrown. */
const tsconfigRaw = {};

/** @returns the text of `tag.js`, the tag that browsers load. */
export const bundleTag = () => bundle('tag.ts');

/** @returns the text of `sync.js`, which brings the frame that syncs. */
export const bundleSync = () => bundle('sync.ts');

/**
 * Bundled first and then minified as the one script it is, which saves thirty bytes: the names are chosen for the
 * whole. What esbuild has minified terser makes some thirty bytes smaller still; each of the two alone leaves more.
 */
async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    bundle: true,
    minifySyntax: true,
    format: 'iife',
    target,
    tsconfigRaw,
    write: false,
    logLevel: 'warning',
  });
  const { code } = await transform(`try{${outputFiles[0].text}}catch{}`, {
    minify: true,
    target,
    tsconfigRaw,
  });
  return (await minify(code, { ecma: 2020 })).code;
}
