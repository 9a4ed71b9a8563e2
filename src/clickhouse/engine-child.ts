// The process of the embedded engine. Its command line is the library's path and then the arguments of
// `clickhouse local`. The call into the library blocks the main thread for good, so the watch over the
// parent runs in a thread of its own, and is running before the call is made.
import { Socket } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { EXIT_UNLOADABLE, LIFELINE_FD } from './engine-config.ts';

if (isMainThread) {
  // They reach the whole process group (a terminal's Ctrl-C) or control group (systemd): the parent hears
  // them too, and needs the engine until its journal is shipped. It decides when the engine ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  const watch = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => watch.once('message', resolve));
  await serve(process.argv[2] ?? '', process.argv.slice(3));
} else {
  watchParent();
}

function watchParent() {
  const lifeline = new Socket({ fd: LIFELINE_FD });
  // What went wrong on it matters no more than a quiet end: `close` follows.
  lifeline.on('error', () => {});
  lifeline.once('close', () => process.kill(process.pid, 'SIGKILL'));
  lifeline.resume();
  parentPort?.postMessage('watching');
}

async function serve(library: string, args: string[]) {
  const name = 'chdb';
  let ffi: typeof import('ffi-rs');
  try {
    ffi = await import('ffi-rs');
    ffi.open({ library: name, path: library });
  } catch (error) {
    console.error(String(error));
    process.exit(EXIT_UNLOADABLE);
  }
  ffi.load({
    library: name,
    funcName: 'chdb_query_cmdline',
    retType: ffi.DataType.External,
    paramsType: [ffi.DataType.I32, ffi.DataType.StringArray],
    paramsValue: [args.length, args],
  });
  process.exit(0);
}
