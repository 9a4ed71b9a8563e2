import { describe, expect, it } from 'vitest';
import { needs } from '../audience/rule/needs.ts';
import { ApiError } from './problem.ts';
import { Library, type Written } from './segment-rules.ts';

const SEGMENTS: Readonly<Record<string, Written>> = {
  sports: { rule: { did: { site: 's' } }, merge: 'device', version: 7 },
  planned: { rule: { did: { site: 'p' } }, merge: 'visitor' },
  broken: { rule: { dud: {} }, merge: 'visitor', version: 1 },
};
const library = () =>
  new Library(
    (id) => SEGMENTS[id],
    () => Object.keys(SEGMENTS),
  );

describe('segments as rules find each other', () => {
  it('tell the seed of a look-alike of which version it is, where they are stored', () => {
    const rule = library().understand({ any: [like('sports'), like('planned')] }, 'visitor');
    expect(needs(rule).map(({ id, version, merge }) => ({ id, version, merge }))).toEqual([
      { id: 'sports', version: 7, merge: 'device' },
      { id: 'planned', version: undefined, merge: 'visitor' },
    ]);
  });

  it('refuse a rule with every mistake in it, in its words and in what it refers to', () => {
    const json = {
      all: [{ segment: 'sprots' }, { not: { any: [like('planed'), { segment: 'broken' }] } }, { did: {} }],
    };
    const refused = refusalOf(json);
    expect(refused).toMatchObject({
      reason: 'bad_rule',
      message: '/all/0/segment: there is no segment sprots, did you mean sports?',
      extra: {
        type: 'unknown_segment',
        path: '/all/0/segment',
        mistakes: [
          { type: 'unknown_segment', path: '/all/0/segment' },
          { path: '/all/1/not/any/0/like', message: expect.stringContaining('did you mean planned?') },
          { path: '/all/1/not/any/1/segment' },
        ],
      },
    });
    const written = refusalOf({ all: [{ dud: {} }, { did: { contry: 'DE' } }, { segment: 'nobody' }] });
    expect(written).toMatchObject({
      extra: {
        mistakes: [{ path: '/all/0/dud' }, { path: '/all/1/did/contry' }, { path: '/all/2/segment' }],
      },
    });
  });
});

const like = (id: string) => ({ like: id, reach: 0.1 });

function refusalOf(json: unknown): ApiError | undefined {
  try {
    library().understand(json, 'visitor');
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}
