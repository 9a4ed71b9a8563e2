import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINE_LIMIT, LineSplitter } from './line-splitter.ts';

function linesOf(pieces: readonly string[]): (string | undefined)[] {
  const splitter = new LineSplitter();
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
}

describe('a text in pieces', () => {
  it.each<[string, string[], (string | undefined)[]]>([
    ['nothing', [], []],
    ['an ended line', ['a\n'], ['a']],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['an end of its own', ['a', '\n', 'b\n'], ['a', 'b']],
    ['ends as Windows has them, torn apart', ['a\r', '\nb\r\n'], ['a', 'b']],
    ['blank lines', ['\n\na\n\n'], ['', '', 'a', '']],
    ['a line that is just not too long', ['x'.repeat(LINE_LIMIT - 1), 'x\nb'], ['x'.repeat(LINE_LIMIT), 'b']],
    ['a line that is too long', ['a\n', 'x'.repeat(LINE_LIMIT), 'x\nb\n'], ['a', undefined, 'b']],
    ['one in many pieces', [...Array(100).fill('x'.repeat(1_000)), '\nb'], [undefined, 'b']],
    ['a last line that is too long', ['a\n', 'x'.repeat(LINE_LIMIT + 1)], ['a', undefined]],
    ['a line that is too long in bytes only', [`${'€'.repeat(30_000)}\nb`], [undefined, 'b']],
  ])('%s', (_, pieces, lines) => {
    expect(linesOf(pieces)).toEqual(lines);
  });

  it('has the same lines wherever it is torn', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'é', '\n', '\r', ' '), maxLength: 12 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const whole = pieces.join('');
        const expected = whole.split('\n').map((line) => line.replace(/\r$/, ''));
        if (whole === '' || whole.endsWith('\n')) expected.pop();
        expect(linesOf(pieces)).toEqual(expected);
      }),
    );
  });
});
