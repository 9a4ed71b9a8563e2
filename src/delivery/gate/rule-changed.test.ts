import { describe, expect, it } from 'vitest';
import { KINDS, type Segment } from '../../registry/kinds.ts';
import type { Registry } from '../../registry/registry.ts';
import { ruleChangedSince } from './rule-changed.ts';
import { gateSegment } from './segment.ts';

const BUILT = '2026-03-05T12:00:00.000Z';
const BEFORE = '2026-03-05T11:59:59.999Z';
const segment = (id: string, rule: object, version: number, updatedAt = BEFORE): Segment => ({
  ...KINDS.segment.parse({ name: id, rule }),
  id,
  version,
  updatedAt,
});
const did = { did: { category: '1' } };
const outer = segment('outer', { all: [did, { not: { segment: 'middle' } }] }, 3);
const middle = segment('middle', { like: 'inner', reach: 0.1 }, 1);

describe('members of a segment are of another rule than the one in force', () => {
  it.each<[sentence: string, segments: readonly Segment[], version: number, changed: boolean]>([
    [
      'not where neither it nor what it uses was changed',
      [outer, middle, segment('inner', did, 7)],
      3,
      false,
    ],
    ['where it was changed since', [outer, middle, segment('inner', did, 7)], 2, true],
    ['where something that it uses was', [outer, middle, segment('inner', did, 8, BUILT)], 3, true],
    ['where something that it uses is gone', [outer, middle], 3, true],
  ])('%s', (_, segments, version, changed) => {
    const byId = new Map(segments.map((each) => [each.id, each]));
    const registry = { get: (_kind: string, id: string) => byId.get(id) } as Pick<Registry, 'get'>;
    const verdict = gateSegment('outer', [], {
      segment: (id) => byId.get(id),
      labelsOfProvider: () => undefined,
    });
    expect(ruleChangedSince({ segment: 'outer', version, asOf: BUILT }, verdict, registry)).toBe(changed);
  });
});
