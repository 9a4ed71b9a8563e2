// Makes dist/ from src/ and the scripts of pages from pixel/: what `npm ci` leaves ready to start.
// Every source file becomes one JavaScript file of the same name (no bundle, so stack traces and
// dynamic imports stay what they are); those are bundled and minified, because browsers load them.
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleSync, bundleTag } from '../pixel/bundle.mjs';
import { buildConsole } from './build-console.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** What of src/ runs in a browser: bundled, not compiled file by file. */
const consolePage = join(root, 'src/dashboard/page');

async function sources(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile() && e.name.endsWith('.ts') && !/\.(test|testing)\.ts$/.test(e.name))
    .map((e) => join(e.parentPath, e.name))
    .filter((path) => !path.startsWith(`${consolePage}/`));
}

// Relative imports name the .ts file (so that tools without a bundler can run the source as it is).
const tsToJs = {
  name: 'ts-to-js',
  setup(b) {
    b.onResolve({ filter: /^\..*\.ts$/ }, (args) =>
      args.kind === 'entry-point' ? undefined : { path: args.path.replace(/\.ts$/, '.js'), external: true },
    );
    b.onResolve({ filter: /^[^./]/ }, (args) =>
      args.kind === 'entry-point' ? undefined : { path: args.path, external: true },
    );
  },
};

// Made beside the old one and put in its place at the end, so that whatever runs from dist/ never finds half.
const made = join(root, `dist.${process.pid}`);
await build({
  entryPoints: await sources(join(root, 'src')),
  outbase: join(root, 'src'),
  outdir: made,
  bundle: true,
  plugins: [tsToJs],
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});
await mkdir(join(made, 'pixel'));
await writeFile(join(made, 'pixel/tag.js'), await bundleTag());
await writeFile(join(made, 'pixel/sync.js'), await bundleSync());
await buildConsole(consolePage, join(made, 'dashboard/page'));
await chmod(join(made, 'main.js'), 0o755);
const old = join(root, `dist.old.${process.pid}`);
await rename(join(root, 'dist'), old).catch(() => {});
await rename(made, join(root, 'dist'));
await rm(old, { recursive: true, force: true });
