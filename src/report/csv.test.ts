import { describe, expect, it } from 'vitest';
import { csv } from './csv.ts';

describe('a cell of CSV', () => {
  it.each([
    ['plain', 'plain'],
    [0, '0'],
    [-1, '-1'],
    [null, ''],
    ['a,b', '"a,b"'],
    ['say "x"', '"say ""x"""'],
    ['two\nlines', '"two\nlines"'],
    ['=1+1', "'=1+1"],
    ['@cmd,x', '"\'@cmd,x"'],
    // Where cells are parted at these, what follows would be a cell of its own.
    ['x;=1+1', '"x;=1+1"'],
    ['x\t=1+1', '"x\t=1+1"'],
    ['\n=1+1', '"\'\n=1+1"'],
  ])('%j is %s', (value, expected) => {
    expect(csv(['a', 'b'], [['x', value]])).toBe(`a,b\r\nx,${expected}\r\n`);
  });
});
