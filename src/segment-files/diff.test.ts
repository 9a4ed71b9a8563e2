import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { common, diff } from './diff.ts';

const words = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });

/** Length of the longest common subsequence, by the table of the textbook. */
function longest(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, () => 0);
  for (const x of a) {
    const next = [0];
    for (const [j, y] of b.entries()) next.push(x === y ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row[b.length]!;
}

describe('what two lists have in common', () => {
  it('is in both, in order, and is the most there is', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        const pairs = common(a, b);
        expect(pairs.map(([i]) => a[i])).toEqual(pairs.map(([, j]) => b[j]));
        for (const [n, [i, j]] of pairs.entries()) {
          if (n === 0) continue;
          expect(i).toBeGreaterThan(pairs[n - 1]![0]);
          expect(j).toBeGreaterThan(pairs[n - 1]![1]);
        }
        expect(pairs).toHaveLength(longest(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it('is looked for no further where nearly all differs', () => {
    const a = Array.from({ length: 5000 }, (_, n) => `a${n}`);
    const b = Array.from({ length: 5000 }, (_, n) => (n === 2500 ? 'a2500' : `b${n}`));
    expect(common(['x', ...a, 'y'], ['x', ...b, 'y'])).toEqual([
      [0, 0],
      [5001, 5001],
    ]);
  });
});

describe('a diff', () => {
  const text = (...lines: string[]) => lines.map((line) => `${line}\n`).join('');

  it.each<[string, string, string, string[]]>([
    ['of the same is nothing', text('a', 'b'), text('a', 'b'), []],
    ['of nothing is all that came', '', text('a', 'b'), ['+a', '+b']],
    ['to nothing is all that went', text('a'), '', ['-a']],
    [
      'shows two lines around a change and counts the others',
      text('1', '2', '3', '4', '5', '6', '7', '8'),
      text('1', '2', '3', '4', 'five', '6', '7', '8'),
      ['… 2 lines', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'],
    ],
  ])('%s', (_, before, after, lines) => {
    expect(diff(before, after)).toEqual(lines);
  });

  it('is cut where it is too long, and says by how much', () => {
    expect(diff('', text('a', 'b', 'c'), 1)).toEqual(['+a', '… 2 more lines']);
  });

  it('makes the one text of the other', () => {
    fc.assert(
      fc.property(words, words, (a, b) => {
        // Without what is left out: lines of context carry their text.
        const lines = diff(text(...a.flatMap((x) => [x, '|'])), text(...b.flatMap((x) => [x, '|'])));
        const put = lines.filter((line) => line.startsWith('+')).length;
        const taken = lines.filter((line) => line.startsWith('-')).length;
        expect(put - taken).toBe(2 * (b.length - a.length));
      }),
    );
  });
});
