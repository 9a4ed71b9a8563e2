import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Body, ID } from '../registry/kinds.ts';
import { segmentDiff, yamlOf } from './content.ts';
import { type DiffLine, diff } from './diff.ts';
import type { SegmentFile, SegmentFolder } from './folder.ts';
import type { StoredVersion } from './made-from.ts';
import { fileMistake, type Mistake } from './mistake.ts';
import { revise } from './revise.ts';

/** A segment as the server has it. */
export type ServerSegment = Body<'segment'> & StoredVersion & { readonly id: string };

/** What a pull does to one file. */
export interface FileChange {
  readonly action: 'create' | 'change' | 'move' | 'delete';
  readonly id: string;
  /** Below the folder, with `/`. */
  readonly file: string;
  /** Where it lay. */
  readonly from?: string;
  /** What is in it afterwards; undefined = it is deleted. */
  readonly text: string | undefined;
  readonly diff: readonly DiffLine[];
}

/** What a pull would do. */
export interface PullPlan {
  readonly changes: readonly FileChange[];
  readonly unchanged: number;
  /** Files of segments that the server had and has no more. */
  readonly gone: readonly string[];
  /** Files of segments that the server never had. */
  readonly fresh: readonly string[];
  readonly mistakes: readonly Mistake[];
}

/** Names of devices, which are no names of files on Windows, whatever their ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)$/;
const isFileName = (name: string) => ID.test(name) && !RESERVED.test(name);

/**
 * Compares what the server has with the files of a folder. Changes nothing.
 *
 * @param wasThere whether the server ever had a segment.
 * @param prune whether files of segments that are gone are to be deleted.
 */
export async function planPull(
  { files, mistakes: unread }: SegmentFolder,
  segments: readonly ServerSegment[],
  wasThere: (id: string) => Promise<boolean>,
  prune: boolean,
): Promise<PullPlan> {
  const mistakes = [...unread];
  const changes: FileChange[] = [];
  const byId = new Map(files.map((file) => [file.id, file]));
  for (const segment of segments) {
    const { id, folder } = segment;
    const parts = folder === undefined ? [] : folder.split('/');
    if (![...parts, id].every(isFileName)) {
      mistakes.push(fileMistake('', 'bad_name', `“${[...parts, id].join('/')}” is no name for a file`, id));
      continue;
    }
    const change = changeOf(byId.get(id), segment, [...parts, `${id}.yaml`].join('/'));
    if (change !== undefined) changes.push(change);
  }

  const known = new Set(segments.map(({ id }) => id));
  const gone: string[] = [];
  const fresh: string[] = [];
  for (const { id, file, text } of files) {
    if (known.has(id)) continue;
    if (!isFileName(id) || !(await wasThere(id))) fresh.push(file);
    else if (prune) changes.push({ action: 'delete', id, file, text: undefined, diff: diff(text, '') });
    else gone.push(file);
  }
  const kept = files.filter(({ id }) => known.has(id)).length;
  const touched = changes.filter(({ action }) => action === 'change' || action === 'move').length;
  return { changes, unchanged: kept - touched, gone, fresh, mistakes };
}

function changeOf(
  old: SegmentFile | undefined,
  segment: ServerSegment,
  file: string,
): FileChange | undefined {
  const { id } = segment;
  if (old === undefined)
    return { action: 'create', id, file, text: yamlOf(segment), diff: segmentDiff(null, segment) };
  const text = revise(old.text, old.document, segment);
  const lines = diff(old.text, text);
  // A file that lies where it belongs keeps its ending, .yaml or .yml.
  if (old.folder !== segment.folder) return { action: 'move', id, file, from: old.file, text, diff: lines };
  return text === old.text ? undefined : { action: 'change', id, file: old.file, text, diff: lines };
}

/**
 * Writes the changes. A file is written beside its old form and put in its place, so that nobody finds half.
 *
 * @throws LinkError; what the file system does.
 */
export async function writePulled(dir: string, changes: readonly FileChange[]): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const { file, from, text } of changes) {
    await refuseLinks(dir, file);
    const path = join(dir, ...file.split('/'));
    if (text === undefined) await rm(path);
    else {
      await mkdir(dirname(path), { recursive: true });
      const draft = join(dirname(path), `.${process.pid}.new`);
      await writeFile(draft, text);
      await rename(draft, path);
    }
    if (from !== undefined && from !== file) await rm(join(dir, ...from.split('/')));
  }
}

/** A link inside of the folder may lead out of it. */
export class LinkError extends Error {
  constructor(path: string) {
    super(`${path} is a link, and files are written only into the folder itself.`);
    this.name = 'LinkError';
  }
}

async function refuseLinks(dir: string, file: string): Promise<void> {
  let path = dir;
  for (const part of file.split('/')) {
    path = join(path, part);
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return;
    if (found.isSymbolicLink()) throw new LinkError(path);
  }
}
