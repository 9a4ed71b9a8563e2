import type { Receipt as LabelReceipt } from '../../../audience/labels/receipt.ts';
import type { Receipt as TraitReceipt } from '../../../audience/traits/receipt.ts';
import type { Receipt as MatchReceipt } from '../../../sync/matches/receipt.ts';
import type { Receipt } from '../../../upload/receipt.ts';

/** What an upload may be of. */
export type Kind = 'labels' | 'traits' | 'matches';

/** How a file is written: its type, what it is called, and by what ends of its name it is known. */
export interface Written {
  readonly type: string;
  readonly words: string;
  readonly ends: readonly string[];
}

const NDJSON: Written = {
  type: 'application/x-ndjson',
  words: 'Lines of JSON (NDJSON)',
  ends: ['.ndjson', '.jsonl', '.json'],
};
const CSV: Written = { type: 'text/csv', words: 'Table with commas (CSV)', ends: ['.csv'] };
const TSV: Written = {
  type: 'text/tab-separated-values',
  words: 'Table with tabs (TSV)',
  ends: ['.tsv', '.tab'],
};

interface About {
  /** Where the API lists its receipts. */
  readonly receipts: string;
  /** How its file may be written, the first where its name does not tell. */
  readonly forms: readonly [Written, ...Written[]];
  readonly line: string;
  /** Of what is stored, what else there is to say. */
  readonly counted: (receipt: Receipt) => readonly (readonly [string, number])[];
}

/** What the console knows of each kind of upload; the API decides. */
export const KINDS: Readonly<Record<Kind, About>> = {
  labels: {
    receipts: '/v1/labels/uploads',
    forms: [NDJSON, CSV, TSV],
    line: '{"id": "type:uid", "attribute": "gender", "value": "female"}',
    counted: (receipt) => [['Of these taken back', (receipt as LabelReceipt).takenBack]],
  },
  traits: {
    receipts: '/v1/traits',
    forms: [NDJSON],
    line: '{"id": "type:uid", "trait": "provider:name"}',
    counted: (receipt) => [
      ['Of these taken away', (receipt as TraitReceipt).expired],
      ['Segments built anew', (receipt as TraitReceipt).segments.count],
    ],
  },
  matches: {
    receipts: '/v1/matches',
    forms: [NDJSON, TSV],
    line: '{"id": "type:uid", "partner": "acme", "uid": "their id"}',
    counted: (receipt) => [['Of these deleted', (receipt as MatchReceipt).deleted]],
  },
};

/** How a file is written, by its name; packed or not. */
export function writtenAs(kind: Kind, name: string): Written {
  const plain = name.toLowerCase().replace(/\.gz$/, '');
  const { forms } = KINDS[kind];
  return forms.find(({ ends }) => ends.some((end) => plain.endsWith(end))) ?? forms[0];
}

/** What a chooser of files offers: what a kind's files are called, and whatever is packed. */
export const offered = (kind: Kind): string =>
  [...KINDS[kind].forms.flatMap(({ ends }) => ends), '.txt', '.gz'].join();
