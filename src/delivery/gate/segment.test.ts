import { describe, expect, it } from 'vitest';
import { POLICY_LABELS } from '../../registry/kinds.ts';
import { forbiddenFor, LAWS, TOPICS } from './forbidden.ts';
import { gateSegment, type Origins, type Passing } from './segment.ts';

const did = { did: { category: '1' } };
const health = forbiddenFor(new Set(['health']));
const gender = forbiddenFor(new Set(['gender_identity']));

/** Segments by id; of two providers `acme` sells what may not be sold on. */
const world = (segments: Readonly<Record<string, Passing>>): Origins => ({
  segment: (id) => segments[id],
  labelsOfProvider: (id) => ({ acme: ['no-resale', 'bought in May'], other: [] })[id],
});

describe('a segment has the policy labels', () => {
  it.each<[string, Record<string, Passing>, string[]]>([
    [
      'that its operator gave it, and no others',
      { s: { rule: did, labels: ['sensitive', 'spring'] } },
      ['sensitive'],
    ],
    ['of the provider of a trait', { s: { rule: { trait: 'acme:car-buyers' } } }, ['no-resale']],
    ['of none for a trait of somebody else', { s: { rule: { trait: 'other:car-buyers' } } }, []],
    [
      'all that there are, of a provider whom nobody has registered',
      { s: { rule: { not: { trait: 'stranger:car-buyers' } } } },
      [...POLICY_LABELS],
    ],
    [
      'also where it asks for the opposite',
      { s: { rule: { not: { trait: 'acme:car-buyers' } } } },
      ['no-resale'],
    ],
    [
      'of a segment that it refers to, however deep',
      {
        s: { rule: { all: [did, { any: [did, { segment: 'a' }] }] } },
        a: { rule: { segment: 'b' } },
        b: { rule: did, labels: ['no-third-party'] },
      },
      ['no-third-party'],
    ],
    [
      'of the seed that it is like, and of what that uses',
      { s: { rule: { like: 'a', reach: 0.1 } }, a: { rule: { trait: 'acme:x' }, labels: ['sensitive'] } },
      ['sensitive', 'no-resale'],
    ],
    [
      'of segments that refer to each other in a circle',
      { s: { rule: { segment: 's' }, labels: ['sensitive'] } },
      ['sensitive'],
    ],
    [
      'it can be known to have, where a segment is gone',
      { s: { rule: { segment: 'gone' }, labels: ['no-resale'] } },
      ['no-resale'],
    ],
  ])('%s', (_, segments, labels) => {
    expect(gateSegment('s', [], world(segments))).toMatchObject({ labels, refused: labels });
    expect(gateSegment('s', labels, world(segments)).refused).toEqual([]);
  });
});

describe('of a segment nobody is told', () => {
  it.each<[string, Passing, readonly string[]]>([
    ['from nowhere, where it tells nothing special', { rule: did }, []],
    [
      'where health data needs a consent, by a category of pages',
      { rule: { did: { category: '223' } } },
      health,
    ],
    ['nor by what was read for long', { rule: { dwell: 60, on: { category: '229' } } }, health],
    ['nor by a step of a sequence', { rule: { sequence: [{ category: '1' }, { category: '225' }] } }, health],
    ['nor by an interest', { rule: { interest: '412' } }, health],
    ['nor by the taxonomy that it is sold under', { rule: did, iabAudienceId: '466' }, health],
    ['nor by the name of a trait', { rule: { trait: 'other:diabetes patients' } }, health],
    ['nor by a keyword', { rule: { did: { keyword: 'pregnancy' } } }, health],
    ['who says to be neither woman nor man', { rule: { demographic: { gender: 'other' } } }, gender],
    [
      'where anything needs one, where its rule cannot be read',
      { rule: { nonsense: 1 } },
      forbiddenFor(new Set(TOPICS)),
    ],
    ['from nowhere, by another gender', { rule: { demographic: { gender: 'female' } } }, []],
  ])('%s', (_, segment, forbidden) => {
    expect(gateSegment('s', [], world({ s: segment })).forbidden).toEqual(forbidden);
  });
});

describe('the table of laws', () => {
  it('names countries and regions as hits have them, each with its source', () => {
    for (const { regions, topics, source } of LAWS) {
      expect(regions.filter((region) => !/^(EEA|[A-Z]{2}|US-[A-Z]{2})$/.test(region))).toEqual([]);
      expect(topics.length).toBeGreaterThan(0);
      expect(source).not.toBe('');
    }
  });

  it('holds every topic somewhere, and puts the countries of the EEA in its place', () => {
    for (const topic of TOPICS) {
      const regions = forbiddenFor(new Set([topic]));
      expect(regions).toEqual(expect.arrayContaining(['DE', 'NO', 'US-MD']));
      expect(regions).not.toContain('EEA');
    }
    expect(forbiddenFor(new Set())).toEqual([]);
  });
});
