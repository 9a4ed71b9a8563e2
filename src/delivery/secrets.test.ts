import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SecretUnreadableError, Vault } from './secrets.ts';

const vault = new Vault('a secret of at least 24 characters');

describe('a secret of a destination', () => {
  it('comes out as it went in, whatever it is, and never stands in its envelope', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ minLength: 8 }), (value, text) => {
        const sealed = vault.seal('dsp', 'token', [value, text]);
        expect(vault.open('dsp', 'token', sealed)).toEqual(JSON.parse(JSON.stringify([value, text])));
        expect(sealed).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
        expect(Buffer.from(sealed.slice(3), 'base64url').includes(Buffer.from(text))).toBe(false);
      }),
    );
  });

  it('has another envelope each time', () => {
    expect(vault.seal('dsp', 'token', 'x')).not.toBe(vault.seal('dsp', 'token', 'x'));
  });

  const sealed = vault.seal('dsp', 'token', 'swordfish');
  const flipped = (at: number) => {
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    return `v1.${bytes.toString('base64url')}`;
  };
  it.each<[sentence: string, read: () => unknown]>([
    ['by another destination', () => vault.open('other', 'token', sealed)],
    ['as another setting', () => vault.open('dsp', 'password', sealed)],
    ['under another key', () => new Vault('another secret of 24 characters').open('dsp', 'token', sealed)],
    ['with another nonce', () => vault.open('dsp', 'token', flipped(0))],
    ['with another text', () => vault.open('dsp', 'token', flipped(13))],
    ['with another tag', () => vault.open('dsp', 'token', flipped(-1))],
    ['cut short', () => vault.open('dsp', 'token', sealed.slice(0, 20))],
    ['of another version', () => vault.open('dsp', 'token', sealed.replace('v1', 'v2'))],
    ['of nothing', () => vault.open('dsp', 'token', '')],
  ])('cannot be read %s, and the error does not tell it', (_, read) => {
    expect(read).toThrow(SecretUnreadableError);
    expect(read).toThrow(/^(?!.*swordfish)/);
  });
});
