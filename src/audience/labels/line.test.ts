import { describe, expect, it } from 'vitest';
import { readCells, readJsonLine } from './line.ts';

const read = (line: unknown) =>
  readJsonLine(typeof line === 'string' ? line : JSON.stringify(line), (id) => id === 'acme');
const good = { id: 'acme:u-1', attribute: 'gender', value: 'f' };

describe('a line of labels', () => {
  it('is of a partner’s id, a device’s or a visitor’s', () => {
    expect(read(good)).toEqual({ source: 'acme', uid: 'u-1', attribute: 'gender', value: 'female' });
    expect(read({ ...good, id: 'visitor:AAAAAAAAAAE' })).toMatchObject({ source: 'visitor', uid: '1' });
    expect(read({ ...good, id: 'IDFA:AEBE52E7-03EE-455A-B3C4-E57283966239' })).toMatchObject({
      source: 'idfa',
      uid: 'aebe52e7-03ee-455a-b3c4-e57283966239',
    });
  });

  it('takes back by null, and in a table by nothing', () => {
    const back = { source: 'acme', uid: 'u-1', attribute: 'gender', value: '' };
    expect(read({ ...good, value: null })).toEqual(back);
    expect(readCells({ ...good, value: '' }, () => true)).toEqual(back);
    expect(read({ ...good, value: '' })).toBe('bad_value');
    expect(readCells({ ...good, value: ' ' }, () => true)).toBe('bad_value');
  });

  it.each<[string, unknown, string]>([
    ['what is no JSON', '{"id":', 'bad_json'],
    ['what is no object', '[]', 'bad_json'],
    ['a field that no line has', { ...good, time: 1 }, 'unknown_field'],
    ['an id without a type', { ...good, id: 'u-1' }, 'bad_id'],
    ['an id of nobody’s', { ...good, id: 'nobody:u-1' }, 'unknown_source'],
    ['a visitor that is none', { ...good, id: 'visitor:short' }, 'bad_uid'],
    ['a device that is none', { ...good, id: 'idfa:x' }, 'bad_device_id'],
    ['no attribute', { id: good.id, value: 'f' }, 'bad_attribute'],
    ['no value', { id: good.id, attribute: 'gender' }, 'bad_value'],
    [
      'what is said of nobody, whoever it is',
      { id: 'x', attribute: 'religion', value: 'x' },
      'special_category',
    ],
    ['a minor, whoever it is', { id: 'x', attribute: 'age', value: 3 }, 'minor'],
  ])('is refused by name with %s', (_, line, reason) => {
    expect(read(line)).toBe(reason);
  });
});
