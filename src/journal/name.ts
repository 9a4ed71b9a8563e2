import { randomBytes } from 'node:crypto';
import type { Refusal } from '../collect/refusal.ts';

/** The tables that are filled through the journal; each has a folder of files of its own. */
export const STREAMS = ['hits', 'matches', 'consents', 'optouts', 'tallies'] as const;
export type Stream = (typeof STREAMS)[number];

/** Why a row was not kept: the quota or the memory bound is reached, or the disk refused the write. */
export type JournalRefusal = Extract<Refusal, 'journal_full' | 'journal_failed'>;

/** A file being written. */
export const OPEN = '.open';
/** A file that holds its last byte and may be shipped; the rename from {@link OPEN} is what says so. */
export const CLOSED = '.tsv';
/** Folder, inside the journal's, of the files that the engine refused for their content. */
export const SET_ASIDE = 'set-aside';

export interface FileName {
  /** The process that wrote it, such as `0`; letters, digits and underscore. */
  readonly worker: string;
  /** Which start of that process. */
  readonly boot: string;
  /** Counts the files of that start. */
  readonly seq: number;
}

// Base 36: names must stay equally long, and a full disk takes a new one for each batch that fails; decimal
// digits would be used up in hours of that, these in decades.
const SEQ_DIGITS = 8;
const WORKER = /^[A-Za-z0-9_]{1,32}$/;
const NAME = /^([A-Za-z0-9_]{1,32})-([0-9a-z]+)-([0-9a-z]{8})$/;

/** @returns a name for one start of a process: the time and 24 random bits, in letters and digits. */
export function newBoot(now = Date.now()): string {
  return now.toString(36).padStart(9, '0') + randomBytes(3).toString('hex');
}

/** @throws RangeError when `worker` could not be told apart from the rest of the name. */
export function checkWorker(worker: string): void {
  if (!WORKER.test(worker))
    throw new RangeError('a journal worker is named by 1 to 32 letters, digits or underscores');
}

/** @returns the name without its extension, which is what rows and deduplication tokens carry. */
export function formatName({ worker, boot, seq }: FileName): string {
  return `${worker}-${boot}-${seq.toString(36).padStart(SEQ_DIGITS, '0')}`;
}

/** @returns what the name says, or undefined where it is no journal file's (extension already cut). */
export function parseName(name: string): FileName | undefined {
  const match = NAME.exec(name);
  return match ? { worker: match[1]!, boot: match[2]!, seq: Number.parseInt(match[3]!, 36) } : undefined;
}
