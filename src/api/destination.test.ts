import { expect, it } from 'vitest';
import { DESTINATION_TYPES } from '../delivery/destinations/index.ts';
import { Vault } from '../delivery/secrets.ts';
import { KINDS } from '../registry/kinds.ts';
import { makeDestination, targetFor } from './destination.ts';
import { ApiError } from './problem.ts';

const SECRET = `whsec_${Buffer.from('twenty-four bytes secret').toString('base64')}`;
const before = new Vault('a secret of at least 24 characters');
const after = new Vault('another secret of 24 characters');

const made = (type = 'webhook') => ({
  ...makeDestination(
    before,
    KINDS.destination.omit({ secrets: true }).parse({
      name: 'Acme',
      type: 'webhook',
      segments: 'all',
      settings: { url: 'https://acme.test/', secret: SECRET },
    }),
    'acme',
  ),
  type,
  id: 'acme',
  version: 1,
  updatedAt: '2026-01-01T00:00:00.000Z',
});

it('a destination is ready with its secrets in clear', () => {
  const { settings } = targetFor({ types: DESTINATION_TYPES, vault: before }, made());
  expect(settings).toMatchObject({ secret: SECRET, linesPerRequest: 5000 });
});

it.each([
  [
    'was made under another NINETY_SECRET',
    made(),
    after,
    /setting secret of destination acme cannot be read/,
  ],
  [
    'is of a type of another version',
    made('fax'),
    before,
    /of the type fax, which this version does not have/,
  ],
])('a destination that %s is refused with what to do, and no secret', (_, destination, vault, said) => {
  let refused: unknown;
  try {
    targetFor({ types: DESTINATION_TYPES, vault }, destination);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(ApiError);
  expect(refused).toMatchObject({ reason: 'invalid', message: expect.stringMatching(said) });
  expect(String(refused)).not.toContain(SECRET.slice(8));
});
