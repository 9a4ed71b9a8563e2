import { describe, expect, it } from 'vitest';
import { KINDS, type Segment } from '../../registry/kinds.ts';
import type { Registry } from '../../registry/registry.ts';
import type { Past, PastVersion } from './past.ts';
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

describe('of what is known how it was, members are of another rule', () => {
  const was = (version: number, rule: string, time = BEFORE): PastVersion => ({
    version,
    time: Date.parse(time),
    rule,
    labels: [],
    iabAudienceId: undefined,
  });
  const inner = segment('inner', did, 8, BUILT);

  it.each<
    [
      sentence: string,
      built: number,
      past: Readonly<Record<string, readonly PastVersion[]>>,
      changed: boolean,
    ]
  >([
    [
      'not where it had the same',
      2,
      { outer: [was(2, 'x'), was(3, 'x')], inner: [was(7, 'y'), was(8, 'y', BUILT)] },
      false,
    ],
    [
      'not where it had another in between',
      1,
      { outer: [was(1, 'x'), was(2, 'z'), was(3, 'x')], inner: [was(7, 'y'), was(8, 'y', BUILT)] },
      false,
    ],
    [
      'where it had another',
      2,
      { outer: [was(2, 'z'), was(3, 'x')], inner: [was(7, 'y'), was(8, 'y', BUILT)] },
      true,
    ],
    ['where something that it uses had', 3, { inner: [was(7, 'z'), was(8, 'y', BUILT)] }, true],
    [
      'where that had another since',
      3,
      { inner: [was(6, 'y'), was(7, 'z', BUILT), was(8, 'y', BUILT)] },
      true,
    ],
    [
      'not where that had another before',
      3,
      { inner: [was(6, 'z'), was(7, 'y'), was(8, 'y', BUILT)] },
      false,
    ],
    ['where that was there only since', 3, { inner: [was(8, 'y', BUILT)] }, true],
    ['where it was deleted since', 3, { inner: [was(6, 'y'), was(7, '', BUILT), was(8, 'y', BUILT)] }, true],
    [
      'where its version of now is not known',
      2,
      { outer: [was(2, 'x')], inner: [was(7, 'y'), was(8, 'y', BUILT)] },
      true,
    ],
  ])('%s', (_, version, past, changed) => {
    const byId = new Map([outer, middle, inner].map((each) => [each.id, each]));
    const registry = { get: (_kind: string, id: string) => byId.get(id) } as Pick<Registry, 'get'>;
    const build = { segment: 'outer', version, asOf: BUILT };
    const known: Past = new Map(Object.entries(past));
    expect(ruleChangedSince(build, { uses: ['outer', 'middle', 'inner'] }, registry, known)).toBe(changed);
  });
});
