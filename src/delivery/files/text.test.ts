import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csvCell, csvField, isField, isJsonText, jsonLine, refusePlainCode } from './text.ts';

describe('a text in a line of a file', () => {
  it.each([
    ['an id in hexadecimal', '5afcd4cd-f9b6-4e53-b63d-bfb2cf44941d', true],
    ['base64 that begins with a plus', '+3x/9Q==', true],
    ['url-safe base64 that begins with a hyphen', '-3x_9Q', true],
    ['base64 that is a sign and padding', '-=', true],
    ['nothing', '', false],
    ['a tab', 'a\tb', false],
    ['a newline', 'a\nb', false],
    ['a carriage return', 'a\r', false],
    ['a NUL', 'a\0b', false],
    ['the next-line control', 'a\u0085b', false],
    ['a line separator', 'a\u2028b', false],
    ['half a character', 'a\ud83db', false],
    ['a byte order mark', '\ufeffa', false],
    ['the separator', 'a,b', false],
    ['a formula', '=1+1', false],
    ['a command behind a minus', "-2+3+cmd|' /C calc'!A0", false],
    ['a call behind a plus', '+HYPERLINK("http://x")', false],
    ['a function behind an at', '@SUM(A1)', false],
  ])('may be there or not: %s', (_, text, may) => {
    expect(isField(text, ',')).toBe(may);
  });

  it('never breaks a line, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 10 }),
        (rows) => {
          const good = rows.filter(([id, code]) => isField(id, '\t') && isField(code, '\t'));
          const file = good.map(([id, code]) => `${id}\t${code}\n`).join('');
          const read = file.split(/\r\n|[\n\r\u0085\u2028\u2029]/).slice(0, -1);
          expect(read.map((line) => line.split('\t'))).toEqual(good);
        },
      ),
    );
  });

  it('is read back from CSV as it was', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(isField(text, ''));
        const field = csvField(text);
        expect(field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field).toBe(text);
        expect(field.startsWith('"') || !/[",]/.test(field)).toBe(true);
      }),
    );
  });

  it.each<[string | number, string]>([
    ['Chrome', 'Chrome'],
    ['=1+1', "'=1+1"],
    ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
    ['@sum(1,2)', `"'@sum(1,2)"`],
    ['\t=1', `"'\t=1"`],
    ['a;b', '"a;b"'],
    ['a\r\nb', '"a\r\nb"'],
    ['say "a"', '"say ""a"""'],
    [-3, '-3'],
  ])('of a table for people is no formula: %j', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it('is read back from a line of JSON as it was, and the line is one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = jsonLine({ text });
        expect(line).not.toMatch(/[\n\r\u2028\u2029]/);
        expect(JSON.parse(line)).toEqual({ text });
      }),
    );
    expect(isJsonText('a\nb')).toBe(true);
    expect(isJsonText('\udc00')).toBe(false);
  });

  it('that names a segment is plain', () => {
    expect(refusePlainCode('123_B')).toBeUndefined();
    for (const code of ['', '../x', '.hidden', '-x', 'a b', 'a,b', 'a\tb', 'a/b', '=x', 'x'.repeat(129)]) {
      expect(refusePlainCode(code)).toContain('1 to 128');
    }
  });
});
