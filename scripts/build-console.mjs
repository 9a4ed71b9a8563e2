import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'esbuild';

const ECHARTS = join(dirname(createRequire(import.meta.url).resolve('echarts/package.json')), 'lib');

/**
 * Bundles the console: one piece of script a page and what pages share, each named by what is in it, beside its
 * compressed forms; and the page that loads the first of them.
 *
 * @param {string} source folder of the page. @param {string} out folder that is made.
 */
export async function buildConsole(source, out) {
  const assets = join(out, 'assets');
  await mkdir(assets, { recursive: true });
  const { outputFiles, metafile } = await build({
    entryPoints: [join(source, 'main.tsx')],
    outdir: assets,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    minify: true,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.svg': 'file' },
    publicPath: '/console/assets',
    // Parts of the chart library that its package names only together with all others.
    alias: {
      'echarts-bar': join(ECHARTS, 'chart/bar/install.js'),
      'echarts-grid': join(ECHARTS, 'component/grid/install.js'),
      'echarts-legend': join(ECHARTS, 'component/legend/install.js'),
      'echarts-line': join(ECHARTS, 'chart/line/install.js'),
      'echarts-tooltip': join(ECHARTS, 'component/tooltip/install.js'),
    },
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // ECharts asks for it.
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'warning',
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  const named = (start, end) =>
    [...files.keys()].find((name) => name.startsWith(start) && name.endsWith(end));
  const page = (await readFile(join(source, 'index.html'), 'utf8'))
    .replace('assets/main.js', `assets/${named('main-', '.js')}`)
    .replace('assets/main.css', `assets/${named('main-', '.css')}`)
    // What the first script imports is fetched beside it and not after it.
    .replace('</head>', `${preloads(metafile, named('main-', '.js'))}</head>`)
    .replaceAll('assets/icon.svg', `assets/${named('icon-', '.svg')}`);
  for (const [name, bytes] of files) await writePacked(join(assets, name), bytes);
  await writePacked(join(out, 'index.html'), Buffer.from(page));
}

function preloads({ outputs }, main) {
  const [, { imports }] = Object.entries(outputs).find(([path]) => basename(path) === main);
  return imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => `<link rel="modulepreload" href="/console/assets/${basename(path)}">\n`)
    .join('');
}

/** Compressed once, as hard as it goes: what is sent often is packed here and never while somebody waits. */
async function writePacked(file, bytes) {
  const brotli = await promisify(brotliCompress)(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  });
  await Promise.all([
    writeFile(file, bytes),
    writeFile(`${file}.br`, brotli),
    writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 })),
  ]);
}
