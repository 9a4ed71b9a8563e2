import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closedFiles } from './closed-files.ts';
import { formatName } from './name.ts';
import { waitingFiles } from './waiting.ts';

describe('the closed files of a stream', () => {
  let journal: string;
  beforeEach(async () => {
    journal = await mkdtemp(join(tmpdir(), 'ninety-closed-'));
  });
  afterEach(() => rm(journal, { recursive: true, force: true }));

  const name = (seq: number) => formatName({ worker: 'w', boot: '00000000a', seq });
  const lay = async (file: string, text: string, secondsSince1970: number) => {
    const path = join(journal, 'hits', file);
    await mkdir(join(journal, 'hits'), { recursive: true });
    await writeFile(path, text);
    await utimes(path, secondsSince1970, secondsSince1970);
    return path;
  };

  it('are none where the folder was never made', async () => {
    expect(await closedFiles(join(journal, 'nowhere'), 'hits')).toEqual([]);
  });

  it('come oldest first, those of one moment by name, and nothing else that lies beside them', async () => {
    const [late, second, first] = [
      await lay(`${name(1)}.tsv`, 'four', 300),
      await lay(`${name(3)}.tsv`, 'sixsix', 100),
      await lay(`${name(2)}.tsv`, 'ab', 100),
    ];
    await lay(`${name(4)}.open`, 'still written', 50);
    await lay('notes.tsv', 'of somebody', 50);
    expect(await closedFiles(journal, 'hits')).toEqual([
      { path: first, name: name(2), bytes: 2, written: 100_000 },
      { path: second, name: name(3), bytes: 6, written: 100_000 },
      { path: late, name: name(1), bytes: 4, written: 300_000 },
    ]);
    expect((await waitingFiles(journal)).find(({ stream }) => stream === 'hits')).toEqual({
      stream: 'hits',
      files: 3,
      bytes: 12,
      oldest: '1970-01-01T00:01:40.000Z',
    });
  });

  it('say so where something else lies in the place of the folder', async () => {
    await writeFile(join(journal, 'hits'), '');
    await expect(closedFiles(journal, 'hits')).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
