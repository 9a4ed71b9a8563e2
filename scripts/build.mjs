// Makes dist/ from src/ and the tag from pixel/: what `npm ci` leaves ready to start.
// Every source file becomes one JavaScript file of the same name (no bundle, so stack traces and
// dynamic imports stay what they are); the tag is bundled and minified, because browsers load it.
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

async function sources(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((e) => e.isFile() && e.name.endsWith('.ts') && !/\.(test|testing)\.ts$/.test(e.name))
    .map((e) => join(e.parentPath, e.name));
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

await rm(join(root, 'dist'), { recursive: true, force: true });
await build({
  entryPoints: await sources(join(root, 'src')),
  outbase: join(root, 'src'),
  outdir: join(root, 'dist'),
  bundle: true,
  plugins: [tsToJs],
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});
await build({
  entryPoints: [join(root, 'pixel/tag.ts')],
  outfile: join(root, 'dist/pixel/tag.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2017',
  logLevel: 'warning',
});
await chmod(join(root, 'dist/main.js'), 0o755);
