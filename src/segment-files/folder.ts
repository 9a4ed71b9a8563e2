import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readDocument, type SegmentDocument } from './document.ts';
import { fileMistake, type Mistake } from './mistake.ts';

/** A file of a segment. */
export interface SegmentFile {
  /** Its name without its ending. */
  readonly id: string;
  /** Where it lies; undefined = not in a sub-folder. */
  readonly folder: string | undefined;
  /** Below the folder that was read, with `/`. */
  readonly file: string;
  readonly text: string;
  readonly document: SegmentDocument;
}

/** All files of segments in a folder, and what is wrong with others. */
export interface SegmentFolder {
  readonly files: readonly SegmentFile[];
  readonly mistakes: readonly Mistake[];
}

const FILE = /^(.+)\.ya?ml$/;
/** A request of the API is no longer. */
const FILE_LIMIT = 1_048_576;

/**
 * Reads every `.yaml` and `.yml` file below a folder, but in folders whose name begins with a dot. What is no
 * such file is not looked at.
 *
 * @param dir there may be nothing there.
 * @throws what the file system does, where the folder cannot be read.
 */
export async function readFolder(dir: string): Promise<SegmentFolder> {
  const files: SegmentFile[] = [];
  const mistakes: Mistake[] = [];

  const walk = async (parts: readonly string[]) => {
    const entries = await readdir(join(dir, ...parts), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const name = [...parts, entry.name];
      if (entry.isDirectory()) await walk(name);
      else if (entry.isSymbolicLink()) {
        // Passed over in silence, its segments would be taken for deleted.
        if (FILE.test(entry.name) || (await isFolder(join(dir, ...name))))
          mistakes.push(
            fileMistake(name.join('/'), 'link', 'is a link; only what lies in the folder itself is read'),
          );
      } else if (entry.isFile() && FILE.test(entry.name)) {
        const read = await readOne(dir, name);
        if ('document' in read) files.push(read);
        else mistakes.push(...read);
      }
    }
  };
  await walk([]);

  const first = new Map<string, string>();
  for (const { id, file } of files) {
    const other = first.get(id);
    if (other === undefined) first.set(id, file);
    else mistakes.push(fileMistake(file, 'duplicate_id', `segment ${id} has another file, ${other}`, id));
  }
  return { files, mistakes };
}

const isFolder = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() === true;

async function readOne(dir: string, name: readonly string[]): Promise<SegmentFile | Mistake[]> {
  const file = name.join('/');
  const id = FILE.exec(name.at(-1)!)![1]!;
  const path = join(dir, ...name);
  if ((await stat(path)).size > FILE_LIMIT)
    return [fileMistake(file, 'too_large', `is longer than ${FILE_LIMIT} bytes`, id)];
  const bytes = await readFile(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return [fileMistake(file, 'bad_encoding', 'is not UTF-8', id)];
  }
  const document = readDocument(text);
  if (!document.ok)
    return document.problems.map(({ line, column, message }) => ({
      ...fileMistake(file, 'bad_yaml', message, id),
      line,
      column,
    }));
  const folder = name.length === 1 ? undefined : name.slice(0, -1).join('/');
  return { id, folder, file, text, document };
}
