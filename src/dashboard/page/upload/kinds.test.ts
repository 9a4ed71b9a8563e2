import { describe, expect, it } from 'vitest';
import { type Kind, writtenAs } from './kinds.ts';

describe('a file', () => {
  it.each<[kind: Kind, name: string, type: string]>([
    ['labels', 'panel.csv', 'text/csv'],
    ['labels', 'PANEL.CSV.GZ', 'text/csv'],
    ['labels', 'panel.jsonl', 'application/x-ndjson'],
    ['labels', 'panel.tab.gz', 'text/tab-separated-values'],
    ['labels', 'panel', 'application/x-ndjson'],
    ['matches', 'table.tsv', 'text/tab-separated-values'],
    ['matches', 'table.csv', 'application/x-ndjson'],
    ['traits', 'traits.tsv', 'application/x-ndjson'],
  ])('of %s that is called %s is taken as %s', (kind, name, type) => {
    expect(writtenAs(kind, name).type).toBe(type);
  });
});
