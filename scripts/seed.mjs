// `npm run seed -- <scenario>`: fills the server that runs on this machine's data folder, or the one that `--url` and
// `--key` name, with made-up people.
import { readOptions, usage } from './seed/options.mjs';

const options = optionsOrExit();
try {
  // It needs what is built, which who asks for help need not have.
  const { seed } = await import('./seed/seed.mjs');
  const began = performance.now();
  const url = await seed(options);
  console.log(
    `${options.name}: seeded in ${((performance.now() - began) / 1000).toFixed(1)} s. Console: ${url}/`,
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}

function optionsOrExit() {
  let read;
  try {
    read = readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${usage()}`);
    process.exit(1);
  }
  if (read.help) {
    process.stdout.write(usage());
    process.exit(0);
  }
  return read;
}
