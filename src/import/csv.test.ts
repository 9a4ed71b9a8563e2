import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CSV, type CsvDialect, CsvSplitter, TSV } from './csv.ts';

type Read = [line: number, ...cells: string[]] | [line: number];

/** Each record as its line and cells; the line alone for one that cannot be read. */
function recordsOf(pieces: readonly string[], dialect: CsvDialect = CSV): Read[] {
  const splitter = new CsvSplitter(dialect);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()].map(({ line, cells }) =>
    cells === undefined ? [line] : [line, ...cells],
  );
}

describe('a table in text', () => {
  it.each<[string, string, Read[]]>([
    [
      'rows',
      'a,b\n1,2\n',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    [
      'a last row without an end',
      'a,b\r\n1,',
      [
        [1, 'a', 'b'],
        [2, '1', ''],
      ],
    ],
    [
      'blank lines, which are none',
      '\na\n\r\n\nb',
      [
        [2, 'a'],
        [5, 'b'],
      ],
    ],
    ['quotes', '"a ""b""","",c\n', [[1, 'a "b"', '', 'c']]],
    [
      'a cell of several lines',
      '1,"x\r\ny\n\nz",2\n3,4,5',
      [
        [1, '1', 'x\r\ny\n\nz', '2'],
        [5, '3', '4', '5'],
      ],
    ],
    ['a delimiter in quotes', '"a,b",c', [[1, 'a,b', 'c']]],
    ['a quote within a cell', 'a"b,c', [[1, 'a"b', 'c']]],
    ['text behind a quote, which costs its line', 'a\n"5"z,6\n7', [[1, 'a'], [2], [3, '7']]],
    ['a lost quote, which costs its line', 'a\n"b\nc\nd', [[1, 'a'], [2], [3, 'c'], [4, 'd']]],
    ['a line that is too long', `a\n${'x'.repeat(70_000)}\nb`, [[1, 'a'], [2], [3, 'b']]],
    [
      'a quoted cell that is too long',
      `a\n"${'x\n'.repeat(40_000)}"\nb`,
      // Each of its lines is a record of its own then, and its last one is a lost quote.
      [
        [1, 'a'],
        [2],
        ...Array.from({ length: 39_999 }, (_, n): Read => [n + 3, 'x']),
        [40_002],
        [40_003, 'b'],
      ],
    ],
  ])('gives %s', (_, text, records) => {
    expect(recordsOf([text])).toEqual(records);
  });

  it.each<[string, string, Read[]]>([
    ['quoted cells', '"a\tb"\t"c ""d"""\n', [[1, 'a\tb', 'c "d"']]],
    [
      'cells that only begin with a quote',
      '"Best" of\t{"a":"b"}\nx\ty',
      [
        [1, '"Best" of', '{"a":"b"}'],
        [2, 'x', 'y'],
      ],
    ],
    [
      'cells with a lost quote',
      '"b\tc\nd\te',
      [
        [1, '"b', 'c'],
        [2, 'd', 'e'],
      ],
    ],
  ])('separated by tabs gives %s', (_, text, records) => {
    expect(recordsOf([text], TSV)).toEqual(records);
  });

  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' '), maxLength: 6 });
  const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });

  it('comes out as it was written, wherever it is torn', () => {
    fc.assert(
      fc.property(table, fc.constantFrom('\n', '\r\n'), fc.array(fc.nat(80)), (rows, eol, cuts) => {
        const text = rows
          .map((cells) => cells.map((each) => `"${each.replaceAll('"', '""')}"`).join(',') + eol)
          .join('');
        const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((to, n) => text.slice(places[n], to));
        expect(recordsOf(pieces).map(([, ...cells]) => cells)).toEqual(rows);
      }),
    );
  });

  it('is read alike in one piece and letter by letter, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r'), maxLength: 30 }), (text) => {
        for (const dialect of [CSV, TSV])
          expect(recordsOf([...text], dialect)).toEqual(recordsOf([text], dialect));
      }),
      { numRuns: 5_000, examples: [['"\n",aa'], ['"\n",,"'], ['"\n",\ra']] },
    );
  });
});
