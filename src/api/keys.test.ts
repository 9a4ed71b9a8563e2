import { describe, expect, it } from 'vitest';
import type { Registry } from '../registry/registry.ts';
import { hashKey, isScope, Keys, may, newKey } from './keys.ts';

const key = newKey();
const stored = { id: 'reader', name: 'x', scopes: ['read'], hash: hashKey(key) };
const registry = { list: () => [stored] } as unknown as Registry;
const keys = new Keys(registry, { environment: 'the-key-of-the-environment', operator: undefined });

describe('a caller', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['a key that was made', `Bearer ${key}`, 'reader'],
    ['the scheme in any case', `bearer ${key}`, 'reader'],
    ['the key of the environment', 'Bearer the-key-of-the-environment', 'environment'],
    ['no header', undefined, undefined],
    ['an empty one', '', undefined],
    ['no scheme', key, undefined],
    ['another scheme', `Basic ${key}`, undefined],
    ['a key with one character more', `Bearer ${key}x`, undefined],
    ['the hash', `Bearer ${hashKey(key)}`, undefined],
    ['a name of an administrator', 'Bearer environment', undefined],
    ['something too long to be a key', `Bearer ${'x'.repeat(300)}`, undefined],
  ])('%s', (_, header, id) => {
    expect(keys.caller(header)?.id).toBe(id);
  });

  it('by the environment’s key is an administrator', () => {
    expect(keys.caller('Bearer the-key-of-the-environment')?.scopes).toEqual(['admin']);
  });
});

describe('a scope', () => {
  it.each(['admin', 'edit', 'read', 'collect', 'labels', 'export:visitor', 'export:a_b-1'])(
    'may be %s',
    (scope) => {
      expect(isScope(scope)).toBe(true);
    },
  );
  it.each(['', 'Admin', 'export', 'export:', 'export:-a', 'export:a b', 'export:a\n', ' read'])(
    'is never “%s”',
    (scope) => {
      expect(isScope(scope)).toBe(false);
    },
  );
  it('admin is every other, edit is read, and none else is another', () => {
    const by = (...scopes: string[]) => ({ id: 'k', scopes });
    for (const scope of ['edit', 'read', 'collect', 'labels', 'export:acme'])
      expect(may(by('admin'), scope)).toBe(true);
    expect(may(by('edit'), 'read')).toBe(true);
    expect(may(by('export:acme'), 'export:acme')).toBe(true);
    for (const [has, wants] of [
      ['read', 'edit'],
      ['edit', 'admin'],
      ['edit', 'collect'],
      ['edit', 'export:acme'],
      ['read', 'export:acme'],
      ['export:acme', 'export:other'],
      ['export:acme', 'read'],
      ['collect', 'labels'],
    ] as const)
      expect(may(by(has), wants)).toBe(false);
  });
});
