// Loaded into a server before its own code: on SIGUSR2 it throws garbage away and tells what it still holds. The
// engine's process inherits it, and has its own use for that signal.
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

if (process.argv[2] === 'serve') {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc');

  process.on('SIGUSR2', () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    process.stdout.write(`Holds ${heapUsed + external} bytes\n`);
  });
}
