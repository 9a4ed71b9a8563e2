import { expect, it } from 'vitest';
import type { ResolvedRule } from '../rule/rule.ts';
import { segmentsNaming } from './named.ts';

const trait = (name: string): ResolvedRule => ({ op: 'trait', trait: name });
const anything: ResolvedRule = {
  op: 'did',
  match: {},
  times: { from: 1, to: undefined },
  withinMs: undefined,
};

const SEGMENTS = [
  { id: 'plain', version: 1, rule: trait('a:x') },
  {
    id: 'deep',
    version: 1,
    rule: {
      op: 'all',
      rules: [anything, { op: 'any', rules: [trait('a:y'), { op: 'not', rule: trait('a:x') }] }],
    },
  },
  { id: 'none', version: 1, rule: anything },
  { id: 'refused', version: 1, rule: { refused: 'unknown_segment: there is none' } },
] as const;

it.each<[readonly string[] | null, string[]]>([
  [['a:x'], ['plain', 'deep']],
  [['a:y', 'b:z'], ['deep']],
  [['b:z'], []],
  [[], []],
  [null, ['plain', 'deep']],
])('%j are asked for by %j', (traits, ids) => {
  expect(segmentsNaming(SEGMENTS, traits).map(({ id }) => id)).toEqual(ids);
});
