import type { Cost } from './client.ts';

/** What statements read. */
export type Read = Pick<Cost, 'rowsRead' | 'bytesRead'>;

/** Adds up what the statements of a run have read, for the ledger. */
export class Spent {
  #rowsRead = 0;
  #bytesRead = 0;

  readonly add = ({ rowsRead, bytesRead }: Read): void => {
    this.#rowsRead += rowsRead;
    this.#bytesRead += bytesRead;
  };

  get read(): Read {
    return { rowsRead: this.#rowsRead, bytesRead: this.#bytesRead };
  }
}
