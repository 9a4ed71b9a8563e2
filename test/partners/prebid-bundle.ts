import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Prebid.js as it comes, bundled as a publisher does it, with the module for a Prebid Server.
 *
 * @param modules more of its modules, by name.
 * @returns a script.
 */
export async function bundlePrebid(...modules: string[]): Promise<string> {
  const imports = ['prebidServerBidAdapter', ...modules].map(
    (name) => `import 'prebid.js/modules/${name}';\n`,
  );
  const { outputFiles } = await build({
    stdin: {
      contents: `import pbjs from 'prebid.js';\n${imports.join('')}pbjs.processQueue();`,
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    format: 'iife',
    write: false,
    logLevel: 'warning',
  });
  return outputFiles[0]!.text;
}
