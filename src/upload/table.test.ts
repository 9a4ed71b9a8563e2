import { describe, expect, it } from 'vitest';
import { CSV, TSV } from '../import/csv.ts';
import { Table } from './table.ts';
import { UnreadableBody } from './upload.ts';

const FIELDS = ['id', 'value'] as const;

describe('a table', () => {
  it('has its columns in any order and case, and others beside them', () => {
    const table = new Table(CSV, FIELDS);
    expect(table.read('Value, note ,ID')).toBe('header');
    expect(table.read('f,x,acme:1')).toEqual({ id: 'acme:1', value: 'f' });
    expect(table.read('"a, ""b""",,acme:2')).toEqual({ id: 'acme:2', value: 'a, "b"' });
  });

  it('loses one line by a lost quote', () => {
    const table = new Table(CSV, FIELDS);
    table.read('id,value');
    expect(table.read('acme:1,"f')).toBe('malformed');
    expect(table.read('acme:2,"f"')).toEqual({ id: 'acme:2', value: 'f' });
    expect(table.read('acme:3')).toBe('malformed');
    expect(table.read('acme:4,f,x')).toBe('malformed');
  });

  it('with tabs takes a quote as it stands', () => {
    const table = new Table(TSV, FIELDS);
    table.read('id\tvalue');
    expect(table.read('acme:1\t6" wide')).toEqual({ id: 'acme:1', value: '6" wide' });
  });

  it.each(['id', 'id,value,id', 'acme:1,f', '"id,value'])('without its columns is none: %s', (first) => {
    expect(() => new Table(CSV, FIELDS).read(first)).toThrow(UnreadableBody);
  });
});
