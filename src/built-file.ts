/**
 * A file that a process or a thread of its own begins with. From source (as the tests run) it is the built one too: Node
 * 20 runs no TypeScript.
 *
 * @param path below `src`, as it is built: `clickhouse/engine-child.js`.
 */
export const builtFile = (path: string): URL =>
  new URL(import.meta.url.endsWith('.ts') ? `../dist/${path}` : `./${path}`, import.meta.url);
