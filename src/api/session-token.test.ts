import { describe, expect, it } from 'vitest';
import type { Registry } from '../registry/registry.ts';
import { hashKey, Keys } from './keys.ts';
import { Sessions } from './session-token.ts';

const NOW = Date.parse('2026-01-10T12:00:00Z');
const stored = new Map([['reader', { id: 'reader', scopes: ['read'], hash: hashKey('a-key-of-a-reader') }]]);
const registry = { list: () => [...stored.values()], get: (_: string, id: string) => stored.get(id) };
const keysWith = (admin: string) => new Keys(registry as unknown as Registry, { environment: admin });
const keys = keysWith('the-admin-key-of-a-test');
const sessions = new Sessions(keys, 'a secret');
const reader = keys.caller('Bearer a-key-of-a-reader')!;
const admin = keys.caller('Bearer the-admin-key-of-a-test')!;
const token = sessions.seal(reader, NOW + 1000)!;

describe('a session', () => {
  it('is its key, with the scopes that the key has now', () => {
    expect(sessions.open(token, NOW)).toEqual({
      caller: { id: 'reader', scopes: ['read'] },
      expires: NOW + 1000,
    });
    expect(token).not.toContain('a-key-of-a-reader');
  });

  it.each<[string, string, number]>([
    ['is over', token, NOW + 1000],
    ['was never sealed', 'v1.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', NOW],
    ['has another signature', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, NOW],
    ['says something else than what was signed', token.replace('.', '.A'), NOW],
    ['is no token at all', '', NOW],
  ])('counts for nothing where it %s', (_, given, now) => {
    expect(sessions.open(given, now)).toBeUndefined();
  });

  it('counts for nothing under another secret', () => {
    expect(new Sessions(keys, 'another secret').open(token, NOW)).toBeUndefined();
  });

  it('ends with its key, and where another key has come under the same id', () => {
    const known = stored.get('reader')!;
    stored.delete('reader');
    expect(sessions.open(token, NOW)).toBeUndefined();
    stored.set('reader', { ...known, hash: hashKey('the-next-key-of-it') });
    expect(sessions.open(token, NOW)).toBeUndefined();
    stored.set('reader', known);
    expect(sessions.open(token, NOW)).toBeDefined();
  });

  it('ends when the environment has another admin key', () => {
    const sealed = sessions.seal(admin, NOW + 1000)!;
    expect(sessions.open(sealed, NOW)?.caller.scopes).toEqual(['admin']);
    const after = new Sessions(keysWith('another-admin-key-of-it'), 'a secret');
    expect(after.open(sealed, NOW)).toBeUndefined();
  });
});
