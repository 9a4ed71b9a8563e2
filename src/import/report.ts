import type { Refusal } from '../collect/refusal.ts';

/** Line numbers that are kept; a file that is none at all would otherwise fill the memory with them. */
const KEPT_NUMBERS = 20;

/** Why a line never leaves the command. */
export type RefusedHere = Extract<Refusal, 'malformed' | 'asset' | 'not_a_page_view'>;

/** How the lines of an import ended; it grows while the import runs. */
export class ImportReport {
  /** Lines read. */
  lines = 0;
  stored = 0;
  /** Numbers of the first malformed lines, from 1; how many there are says {@link refused}. */
  readonly malformed: number[] = [];
  /** What the server refused; a newer one than this command may have reasons of its own. */
  readonly refusedByServer = new Map<string, number>();
  /** What never left the command: the server counts these when it is told. */
  readonly refusedHere = new Map<RefusedHere, number>();

  /** @param line its number, from 1. */
  refuse(reason: RefusedHere, line: number): void {
    add(this.refusedHere, reason, 1);
    if (reason === 'malformed' && this.malformed.length < KEPT_NUMBERS) this.malformed.push(line);
  }

  refusedThere(reason: string): void {
    add(this.refusedByServer, reason, 1);
  }

  /** Both together, the commonest first. */
  refused(): [string, number][] {
    const all = new Map<string, number>(this.refusedHere);
    for (const [reason, n] of this.refusedByServer) add(all, reason, n);
    return [...all].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  }
}

const add = <K>(counts: Map<K, number>, reason: K, n: number) =>
  counts.set(reason, (counts.get(reason) ?? 0) + n);
