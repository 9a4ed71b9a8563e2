import { describe, expect, it } from 'vitest';
import { resolvedAs } from '../rule/stored.testing.ts';
import { namedBy } from './named.ts';

const RULE = {
  any: [
    { did: { category: ['596', '602'], site: 'shop' }, times: 2 },
    { not: { did: { path: '/jobs/*/apply*' } } },
    { sequence: [{ keyword: 'tents' }, { hour: [8, 9] }] },
    { dwell: 30, on: { path: '/about' } },
    { did: { site: 'news', device: 'mobile' } },
    { did: { site: 'forum', event: 'signup' } },
    { did: { site: 'blog', path: '/a*' } },
  ],
};
const byRule = namedBy(resolvedAs({ rule: RULE, merge: 'visitor' }, new Map()));

describe('a feature', () => {
  it.each([
    ['category:596', true],
    ['category:59', false],
    ['keyword:tents', true],
    ['keyword:596', false],
    ['hour:8', true],
    ['hour:10', false],
    ['page:other/about', true],
    ['page:other/about/us', false],
    ['page:other/jobs/7/apply', true],
    ['page:other/jobs/7/apply/now', true],
    ['page:other/jobs/apply', false],
    ['device:tablet', false],
    ['device:mobile', true],
    ['site:news', true],
    ['page:news/anything', true],
    ['page:other/anything', false],
    // Of these sites the rule asks for some hits only, which say nothing of the rest.
    ['site:shop', false],
    ['page:shop/anything', false],
    ['site:forum', false],
    ['page:forum/anything', false],
    ['site:blog', false],
    ['page:blog/a/1', true],
    ['page:blog/b', false],
  ])('%s is named by the rule: %s', (feature, named) => {
    expect(byRule(feature)).toBe(named);
  });
});
