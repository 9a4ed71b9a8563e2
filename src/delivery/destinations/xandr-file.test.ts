import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { writeSegmentFiles } from './xandr-file.ts';

async function* of(lines: readonly string[]) {
  yield* lines;
}

/** What the files hold. */
async function written(lines: readonly string[], maxBytes: number): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ninety-xandr-'));
  try {
    const files = await writeSegmentFiles(of(lines), folder, maxBytes, new AbortController().signal);
    return await Promise.all(files.map(async ({ path }) => gunzipSync(await readFile(path)).toString()));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

it('parts lines into files below the limit, in their order, none lost, and alike each time', async () => {
  const line = fc.integer({ min: 1, max: 60 }).map((length) => `${'1'.repeat(length)}\n`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 40 }),
      fc.integer({ min: 61, max: 400 }),
      async (lines, most) => {
        const files = await written(lines, most);
        expect(files.join('')).toBe(lines.join(''));
        expect(files.every((file) => file !== '' && file.length <= most)).toBe(true);
        // No file is ended that had room for the next line.
        for (const [place, file] of files.slice(1).entries())
          expect(files[place]!.length + file.indexOf('\n') + 1).toBeGreaterThan(most);
        expect(await written(lines, most)).toEqual(files);
      },
    ),
    { numRuns: 25 },
  );
});

it('leaves nothing open where the lines end with an error', async () => {
  async function* broken() {
    yield '1,10:-1\n';
    throw new Error('the lines broke off');
  }
  const folder = await mkdtemp(join(tmpdir(), 'ninety-xandr-'));
  const writing = writeSegmentFiles(broken(), folder, 1000, new AbortController().signal);
  await expect(writing).rejects.toThrow('the lines broke off');
  await rm(folder, { recursive: true });
});
