/** A taxonomy that has names here. */
export const TAXONOMIES = {
  'audience-1.1': 'IAB Audience Taxonomy 1.1',
  'content-3.1': 'IAB Content Taxonomy 3.1',
  'content-3.0': 'IAB Content Taxonomy 3.0',
  'content-2.2': 'IAB Content Taxonomy 2.2',
  'content-2.1': 'IAB Content Taxonomy 2.1',
  'content-2.0': 'IAB Content Taxonomy 2.0',
  'content-1.0': 'IAB Content Taxonomy 1.0',
} as const;

export type Taxonomy = keyof typeof TAXONOMIES;
export const isTaxonomy = (name: string): name is Taxonomy => Object.hasOwn(TAXONOMIES, name);

/** An id as an official file has it. */
export interface Entry {
  readonly id: string;
  /** Empty for what stands at the top. */
  readonly parent: string;
  readonly name: string;
  /** Names from the top down to its own. */
  readonly tiers: readonly string[];
}

/** Why a file is none of the official ones. */
export type UnreadableReason = 'no_taxonomy' | 'no_entries';

/** A file that cannot be taken for a taxonomy; the message says what is expected. */
export class TaxonomyError extends Error {
  readonly reason: UnreadableReason;

  constructor(reason: UnreadableReason, message: string) {
    super(message);
    this.name = 'TaxonomyError';
    this.reason = reason;
  }
}

/** Why a line of a taxonomy is left out. */
export type BadLine = 'bad_id' | 'no_name' | 'twice' | 'unknown_parent';

export interface Official {
  readonly taxonomy: Taxonomy;
  readonly entries: readonly Entry[];
  /** Lines left out, by number from 1; the rest is good. */
  readonly left: readonly { readonly line: number; readonly reason: BadLine }[];
}

/** `80DV8O`, `IAB1-1`, `1` */
export const TAXONOMY_ID = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/;
const MAX_NAME = 300;

/**
 * Reads an official TSV file of the IAB Tech Lab. Columns are found by their names, in whichever of the first lines
 * they stand: Audience begins with an empty column, Content has two header lines, of which the first names its
 * version. Version 1.0 of Content knows no parent column; there the id tells (`IAB1-1` is below `IAB1`).
 *
 * @param text of the file, with CRLF or LF.
 * @throws TaxonomyError
 */
export function readOfficial(text: string): Official {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const rows = lines.map((line) => line.split('\t').map((cell) => cell.trim()));
  const at = rows.slice(0, 3).findIndex((cells) => columnOf(cells, ID) >= 0);
  if (at < 0) throw new TaxonomyError('no_taxonomy', NO_TAXONOMY);
  const head = rows[at]!;
  const parentAt = columnOf(head, PARENT);
  const nameAt = columnOf(head, NAME);
  const tiersAt = head.flatMap((cell, place) => (/^tier \d$/i.test(cell) ? [place] : []));
  const idAt = columnOf(head, ID);
  const has = (id: string) => rows.some((cells) => cells[idAt] === id);
  const taxonomy = taxonomyOf(head, lines.slice(0, at).join(' '), has);
  const entries = new Map<string, Entry>();
  const lineOf = new Map<string, number>();
  const left: { line: number; reason: BadLine }[] = [];
  for (const [index, cells] of rows.entries()) {
    if (index <= at || cells.every((cell) => cell === '')) continue;
    const line = index + 1;
    const id = cells[idAt] ?? '';
    const named = tiersAt.map((place) => cells[place] ?? '').filter((tier) => tier !== '');
    const name = (named.at(-1) ?? cells[nameAt] ?? '').slice(0, MAX_NAME);
    const parent =
      parentAt >= 0 ? (cells[parentAt] ?? '') : id.includes('-') ? id.replace(/-[^-]*$/, '') : '';
    if (!TAXONOMY_ID.test(id)) left.push({ line, reason: 'bad_id' });
    else if (name === '') left.push({ line, reason: 'no_name' });
    else if (entries.has(id)) left.push({ line, reason: 'twice' });
    else {
      lineOf.set(id, line);
      entries.set(id, { id, parent, name, tiers: named });
    }
  }
  for (const { id, parent } of [...entries.values()]) {
    if (parent === '' || entries.has(parent)) continue;
    left.push({ line: lineOf.get(id)!, reason: 'unknown_parent' });
    entries.delete(id);
  }
  if (entries.size === 0)
    throw new TaxonomyError('no_entries', 'It has the header of a taxonomy and no line that can be read.');
  return {
    taxonomy,
    entries: [...entries.values()].map((entry) =>
      entry.tiers.length > 0 ? entry : { ...entry, tiers: tiersOf(entry, entries) },
    ),
    left: left.sort((a, b) => a.line - b.line),
  };
}

const ID = /^(unique id|iab code)$/i;
const PARENT = /^parent( id)?$/i;
const NAME = /^(name|iab category)$/i;
const columnOf = (cells: readonly string[], name: RegExp) => cells.findIndex((cell) => name.test(cell));

const NO_TAXONOMY =
  'No column is called Unique ID or IAB Code, so it is none of the taxonomy files of the IAB Tech Lab (Audience 1.1 or Content 1.0 to 3.1, as TSV).';

/** Sensitive Topics, which came with version 2.2: its file still calls itself 2.1. */
const SINCE_2_2 = 'v9i3On';

function taxonomyOf(head: readonly string[], above: string, has: (id: string) => boolean): Taxonomy {
  if (head.some((cell) => /^condensed name/i.test(cell))) return 'audience-1.1';
  if (head.some((cell) => /^iab code$/i.test(cell))) return 'content-1.0';
  const version = /content taxonomy v(\d\.\d)/i.exec(above)?.[1];
  if (version === '2.1' && has(SINCE_2_2)) return 'content-2.2';
  const name = `content-${version}`;
  if (!isTaxonomy(name))
    throw new TaxonomyError(
      'no_taxonomy',
      `Its version is not known here${version === undefined ? '' : ` (${version})`}; known are ${Object.values(TAXONOMIES).join(', ')}.`,
    );
  return name;
}

function tiersOf(entry: Entry, entries: ReadonlyMap<string, Entry>): string[] {
  const tiers: string[] = [];
  // A circle of parents would have no end.
  for (let at: Entry | undefined = entry; at !== undefined && tiers.length < 10; at = entries.get(at.parent))
    tiers.unshift(at.name);
  return tiers;
}
