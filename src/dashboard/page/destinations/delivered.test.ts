import { expect, it } from 'vitest';
import type { Delivered } from '../../../delivery/run/deliver.ts';
import { deliveredWords } from './delivered.ts';

it('who asked for a delivery is told what was taken, what was not, and why it goes on later', () => {
  const said = (result: Partial<Delivered>) => deliveredWords('A DSP', { result, error: '' });
  expect(said({ state: 'done', lines: 3, accepted: 2, dead: 1 })).toBe(
    '3 lines told to A DSP, 2 lines taken, 1 line refused.',
  );
  expect(said({ state: 'done', lines: 1, accepted: 1, dead: 0 })).toBe('1 line told to A DSP, 1 line taken.');
  expect(said({ state: 'down', lines: 1, accepted: 0, dead: 0 })).toBe(
    '1 line told to A DSP, 0 lines taken. A DSP is down.',
  );
});

it('who asked for a delivery that broke off is told so', () => {
  expect(deliveredWords('A DSP', { result: null, error: 'no room' })).toBe(
    'The delivery to A DSP broke off: no room',
  );
});
