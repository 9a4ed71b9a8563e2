import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, parseJson } from '../json-object.ts';

/** A version that is stored on a server. */
export interface StoredVersion {
  readonly version: number;
  /** ISO 8601; null = not known, or there is none. */
  readonly updatedAt?: string | null;
}

/**
 * Which versions an apply may overwrite though the files were not made from them: those that another apply has made of
 * files, or all.
 */
export const OVERWRITES = ['applied', 'all'] as const;
export type Overwrite = (typeof OVERWRITES)[number];

/** Beside the files, so that it is kept among their versions too. */
const FILE = '.ninety-versions.json';
/** Of one segment: servers that the same files are applied to, and a few to spare. */
const KEPT = 10;

/**
 * Which stored versions of segments the files of a folder were made from: those that a pull has put into them, and
 * those that an apply has made of them. A version is known by its number and its moment, so that those of two servers
 * are not taken for each other, and what brings an old rule back is a new one.
 */
export class MadeFrom {
  readonly #versions: Map<string, readonly string[]>;
  #isChanged = false;

  /** @param versions of each segment, by id. */
  constructor(versions: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#versions = new Map(versions);
  }

  /** @returns undefined where it says something else than we write, such as both sides of a merge. */
  static async read(dir: string): Promise<MadeFrom | undefined> {
    const text = await readFile(join(dir, FILE), 'utf8').catch(() => undefined);
    if (text === undefined) return new MadeFrom();
    const json = parseJson(text);
    if (!isObject(json)) return undefined;
    const entries = Object.entries(json);
    return entries.every((entry): entry is [string, string[]] => isTexts(entry[1]))
      ? new MadeFrom(new Map(entries))
      : undefined;
  }

  has(id: string, stored: StoredVersion): boolean {
    const name = nameOf(stored);
    return name !== undefined && this.#versions.get(id)?.includes(name) === true;
  }

  add(id: string, stored: StoredVersion): void {
    const name = nameOf(stored);
    if (name === undefined || this.has(id, stored)) return;
    this.#versions.set(id, [...(this.#versions.get(id) ?? []), name].slice(-KEPT));
    this.#isChanged = true;
  }

  /** Writes it where anything was added: a line a segment, so that two who have changed two do not meet. */
  async write(dir: string): Promise<void> {
    if (!this.#isChanged) return;
    const lines = [...this.#versions]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, versions]) => `  ${JSON.stringify(id)}: ${JSON.stringify(versions)}`);
    const draft = join(dir, `.${process.pid}.new`);
    await writeFile(draft, `{\n${lines.join(',\n')}\n}\n`);
    await rename(draft, join(dir, FILE));
  }
}

const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.every((each) => typeof each === 'string');

const nameOf = ({ version, updatedAt }: StoredVersion): string | undefined =>
  typeof updatedAt === 'string' ? `${version} ${updatedAt}` : undefined;
