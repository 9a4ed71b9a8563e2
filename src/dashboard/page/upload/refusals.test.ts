import { expect, it } from 'vitest';
import { begun } from '../../../upload/receipt.ts';
import { refusalsOf } from './refusals.ts';

it('lines that are not stored are counted by reason, unreadable ones and good ones alike, most first', () => {
  const receipt = {
    ...begun('an-upload', 0),
    reasons: { bad_id: 2, minor: 1 },
    refused: { unknown_id: 7, withdrawn: 0 },
  };
  expect(refusalsOf(receipt)).toEqual([
    ['unknown_id', 7],
    ['bad_id', 2],
    ['minor', 1],
  ]);
});
