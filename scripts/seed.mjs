// `npm run seed -- <scenario>`: fills the server that runs on this machine's data folder, or the one that `--url` and
// `--key` name, with made-up people.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apiOf } from './seed/api.mjs';
import { SCENARIOS } from './seed/scenarios.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { url: { type: 'string' }, key: { type: 'string' } },
});
const scenario = SCENARIOS[positionals[0]];
if (scenario === undefined) {
  console.error('npm run seed -- <scenario> [--url URL --key KEY]\n');
  for (const [name, { about }] of Object.entries(SCENARIOS)) console.error(`  ${name.padEnd(10)} ${about}`);
  process.exit(1);
}
try {
  const { url, key } = values.url === undefined ? await running() : values;
  const began = performance.now();
  await scenario.seed(apiOf(url, key)).catch((error) => {
    const left =
      'What was made before this stays. A scenario begins on an empty server: start one on another data folder';
    throw new Error(`${error.message}\n${left} (NINETY_DATA=folder npm start), or delete this one.`);
  });
  console.log(
    `${positionals[0]}: seeded in ${((performance.now() - began) / 1000).toFixed(1)} s. Console: ${url}/`,
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** As the commands of this machine find the server: by what it leaves in its data folder. */
async function running() {
  const file = join(process.env.NINETY_DATA ?? 'data', 'operator.json');
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    throw new Error(`No server runs on this data folder (${file} is not there); npm start starts one.`);
  }
}
