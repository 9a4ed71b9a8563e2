import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const schema = z.object({ url: z.string(), key: z.string(), pid: z.number() });

/** How the commands of this machine's owner reach the server that runs on a data folder. */
export type Operator = z.output<typeof schema>;

const fileOf = (data: string) => join(data, 'operator.json');

/**
 * Leaves the running server's address and a key of this run in the data folder, readable by its owner only:
 * who can read it can read the secrets beside it anyway.
 */
export async function writeOperator(data: string, operator: Operator): Promise<void> {
  const file = fileOf(data);
  await writeFile(`${file}.new`, JSON.stringify(operator), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

export const removeOperator = (data: string) => rm(fileOf(data), { force: true });

/** @returns undefined where no server runs on the folder, as far as the file tells. */
export async function readOperator(data: string): Promise<Operator | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(fileOf(data), 'utf8')));
  } catch {
    return undefined;
  }
}
