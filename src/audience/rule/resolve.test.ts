import { describe, expect, it } from 'vitest';
import { needs } from './needs.ts';
import { parseRule } from './parse.ts';
import { type Referred, resolve } from './resolve.ts';
import type { ResolvedRule, Rule } from './rule.ts';

function read(json: unknown): Rule {
  const parsed = parseRule(json);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.rule;
}

const alone = (json: unknown): Referred => ({ rule: read(json), merge: 'visitor' });

/** Resolves a rule among segments, all given as JSON. */
function resolveAmong(json: unknown, segments: Readonly<Record<string, unknown>>, self?: string) {
  const rules = new Map(Object.entries(segments).map(([id, rule]) => [id, alone(rule)]));
  return resolve(read(json), (id) => rules.get(id), self);
}

const os = (name: string) => ({ did: { os: name } });
const clauses = (n: number) => ({ any: Array.from({ length: n }, (_, i) => os(`os ${i}`)) });

describe('a rule that refers to segments', () => {
  it('has them in their places', () => {
    const resolved = resolveAmong(
      { all: [{ segment: 'a' }, { not: { segment: 'b' } }] },
      { a: { any: [os('iOS'), { segment: 'b' }] }, b: os('Linux') },
    );
    expect(resolved).toEqual({
      ok: true,
      rule: read({ all: [{ any: [os('iOS'), os('Linux')] }, { not: os('Linux') }] }),
    });
  });

  it('may name one twice, which is no circle', () => {
    expect(resolveAmong({ any: [{ segment: 'a' }, { segment: 'a' }] }, { a: os('iOS') }).ok).toBe(true);
  });

  it('is refused where there is no such segment, with the way to it', () => {
    expect(resolveAmong({ all: [os('iOS'), { segment: 'nix' }] }, {})).toMatchObject({
      ok: false,
      reason: 'unknown_segment',
      path: '/all/1/segment',
      message: '/all/1/segment: there is no segment nix',
    });
    expect(resolveAmong({ not: { segment: 'a' } }, { a: { all: [{ segment: 'gone' }] } })).toMatchObject({
      reason: 'unknown_segment',
      path: '/not/segment',
      message: '/not/segment: there is no segment a → gone',
    });
  });

  it('names the one that was probably meant, and none that would close a circle', () => {
    const meant = (ids: readonly string[]) => {
      const refused = resolve(
        read({ segment: 'sprots' }),
        () => undefined,
        'sport',
        'visitor',
        () => ids,
      );
      return refused.ok ? '' : refused.message;
    };
    expect(meant(['sports', 'sport'])).toBe(
      '/segment: there is no segment sport → sprots, did you mean sports?',
    );
    expect(meant(['sport', 'news'])).toBe('/segment: there is no segment sport → sprots');
  });

  it.each<[string, unknown, Record<string, unknown>, string | undefined, string]>([
    ['of one', { segment: 'a' }, { a: { not: { segment: 'a' } } }, undefined, 'a → a'],
    [
      'of three',
      { segment: 'a' },
      { a: { segment: 'b' }, b: { segment: 'c' }, c: { segment: 'a' } },
      undefined,
      'a → b → c → a',
    ],
    ['that the rule itself would close', { segment: 'b' }, { b: { segment: 'new' } }, 'new', 'new → b → new'],
    [
      'that lies further on',
      { segment: 'x' },
      { x: { segment: 'a' }, a: { segment: 'a' } },
      undefined,
      'x → a → a',
    ],
  ])('is refused for a circle %s, naming it', (_, rule, segments, self, chain) => {
    const refused = resolveAmong(rule, segments, self);
    expect(refused).toMatchObject({ ok: false, reason: 'segment_cycle', path: '/segment' });
    expect(!refused.ok && refused.message).toContain(`: ${chain}`);
  });

  it('is counted with everything in its place', () => {
    const segments = { a: clauses(128), b: clauses(129) };
    expect(resolveAmong({ any: [{ segment: 'a' }, { segment: 'a' }] }, segments).ok).toBe(true);
    expect(resolveAmong({ any: [{ segment: 'a' }, { segment: 'b' }] }, segments)).toMatchObject({
      reason: 'rule_too_large',
      path: '/any/1/segment',
    });
  });

  it('is counted by its sequences, sixteen each, and by the attributes of its demographics', () => {
    const segments = {
      a: { any: Array.from({ length: 10 }, (_, i) => ({ sequence: [{ os: `os ${i}` }] })) },
      b: { any: Array.from({ length: 48 }, () => ({ demographic: { gender: 'female', age: '18-20' } })) },
    };
    expect(resolveAmong({ any: [{ segment: 'a' }, { segment: 'b' }] }, segments).ok).toBe(true);
    expect(resolveAmong({ any: [{ segment: 'a' }, { segment: 'b' }, os('iOS')] }, segments)).toMatchObject({
      reason: 'rule_too_large',
      path: '/any/2',
    });
  });

  it('cannot grow without end by doubling', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [
        `s${i}`,
        i === 0 ? os('iOS') : { all: [{ segment: `s${i - 1}` }, { segment: `s${i - 1}` }] },
      ]),
    );
    expect(resolveAmong({ segment: 's59' }, doubling)).toMatchObject({ reason: 'rule_too_large' });
  });

  it('may go through a hundred segments, but not through a hundred thousand', () => {
    const lookup = (length: number) => (id: string) =>
      alone(Number(id) < length ? { segment: String(Number(id) + 1) } : os('iOS'));
    expect(resolve(read({ segment: '1' }), lookup(100))).toEqual({ ok: true, rule: read(os('iOS')) });
    expect(resolve(read({ segment: '1' }), lookup(100_000))).toMatchObject({ reason: 'rule_too_deep' });
  });
});

describe('a look-alike', () => {
  const like = (seed: string) => ({ like: seed, reach: 0.1 });

  it('has its seed beside it, ready to run, which counts for itself', () => {
    const resolved = resolveAmong(
      { all: [clauses(200), like('a')] },
      { a: { all: [{ segment: 'b' }, os('Linux')] }, b: clauses(200) },
    );
    expect(resolved).toMatchObject({
      ok: true,
      rule: { rules: [{}, { op: 'like', seed: 'a', reach: 0.1, merge: 'visitor' }] },
    });
    const { rule } = resolved as { rule: ResolvedRule };
    expect(needs(rule).map(({ id }) => id)).toEqual(['a']);
    expect(needs(rule)[0]!.rule).toEqual(read({ all: [clauses(200), os('Linux')] }));
  });

  it('needs its seed’s seeds first, each once, in whatever segment they are named', () => {
    const lookup = (id: string): Referred => ({
      merge: id === 'd' ? 'device' : 'visitor',
      version: 7,
      rule: read(
        { a: { any: [like('b'), { not: like('c') }] }, c: like('b'), d: like('e') }[id] ?? os('iOS'),
      ),
    });
    const resolved = resolve(read({ any: [like('a'), { segment: 'd' }, like('b')] }), lookup);
    expect(resolved.ok && needs(resolved.rule).map(({ id, version }) => `${id} ${version}`)).toEqual([
      'b 7',
      'c 7',
      'a 7',
      'e 7',
    ]);
  });

  it('is refused for a circle, through likes and segments alike', () => {
    const refused = (json: unknown, segments: Record<string, unknown>, self?: string) =>
      resolveAmong(json, segments, self);
    expect(refused({ not: like('new') }, {}, 'new')).toMatchObject({
      reason: 'segment_cycle',
      path: '/not/like',
      message: '/not/like: the segments refer to each other in a circle: new → new',
    });
    expect(refused(like('a'), { a: { segment: 'b' }, b: like('a') })).toMatchObject({
      reason: 'segment_cycle',
      path: '/like',
    });
    expect(
      refused({ segment: 'a' }, { a: like('b'), b: { any: [os('iOS'), { segment: 'a' }] } }),
    ).toMatchObject({ reason: 'segment_cycle', path: '/segment' });
    expect(refused({ any: [like('nix')] }, {})).toMatchObject({
      reason: 'unknown_segment',
      path: '/any/0/like',
    });
  });

  it('may be of one that is of one…, four deep, whichever comes first', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 300 }, (_, i) => [`s${i}`, i === 0 ? os('iOS') : like(`s${i - 1}`)]),
    );
    expect(resolveAmong(like('s3'), chain).ok).toBe(true);
    expect(resolveAmong(like('s4'), chain)).toMatchObject({ reason: 'rule_too_deep', path: '/like' });
    const any = Array.from({ length: 200 }, (_, i) => like(`s${i}`));
    expect(resolveAmong({ any }, chain)).toMatchObject({ reason: 'rule_too_deep', path: '/any/4/like' });
  });

  it('cannot grow without end by doubling', () => {
    const any = (seed: string) => ({ any: Array.from({ length: 250 }, () => like(seed)) });
    const wide = { a: any('b'), b: any('d'), d: os('iOS') };
    expect(resolveAmong({ any: [like('b')] }, wide).ok).toBe(true);
    expect(resolveAmong({ any: [like('a')] }, wide)).toMatchObject({
      reason: 'rule_too_large',
      path: '/any/0/like',
    });
  });
});

describe('a rule too large for one statement', () => {
  const keywords = (letter: string) =>
    Array.from({ length: 1000 }, (_, i) => letter.repeat(508) + String(i).padStart(4, '0'));

  it('is refused before ClickHouse does', () => {
    expect(resolveAmong({ did: { keyword: keywords('k') } }, {}).ok).toBe(true);
    expect(resolveAmong({ did: { keyword: keywords('ж') } }, {})).toMatchObject({
      ok: false,
      reason: 'rule_too_large',
      path: '/',
    });
  });
});
