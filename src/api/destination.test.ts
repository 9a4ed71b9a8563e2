import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DESTINATION_TYPES } from '../delivery/destinations/index.ts';
import { Vault } from '../delivery/secrets.ts';
import { KINDS } from '../registry/kinds.ts';
import { makeDestination, mergeDestination, showDestination, targetFor } from './destination.ts';
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

it('a destination is stored without its secrets in clear, and shown without them', () => {
  const stored = made();
  expect(Object.keys(stored.secrets)).toEqual(['secret']);
  for (const each of [stored, showDestination(stored)])
    for (const part of [SECRET, SECRET.slice('whsec_'.length), 'twenty-four bytes secret'])
      expect(JSON.stringify(each)).not.toContain(part);
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

describe('a change of where things go', () => {
  const needed = (settings: object) => {
    try {
      mergeDestination(before, made(), { settings });
    } catch (error) {
      if (error instanceof ApiError) return [error.reason, error.message];
      throw error;
    }
    return undefined;
  };
  const ANEW = `whsec_${Buffer.from('another secret of 24 bytes').toString('base64')}`;

  it('is refused by name where a secret is to go along', () => {
    expect(needed({ url: 'https://else.test/' })).toEqual([
      'secrets_needed',
      '/settings/url: says where things go; give secret anew with it',
    ]);
  });

  it.each([
    ['the secret comes with it', { url: 'https://else.test/', secret: ANEW }],
    ['it is the same place', { url: 'https://acme.test/' }],
    ['it is no place', { linesPerRequest: 7 }],
  ])('is taken where %s', (_, settings) => {
    expect(needed(settings)).toBeUndefined();
  });

  const SFTP = {
    drop: 'sftp',
    path: 'in',
    host: 'a.test',
    username: 'u',
    hostKey: `SHA256:${'a'.repeat(43)}`,
  };
  it.each<[string, object, object]>([
    ['xandr', { memberId: '1', username: 'u', password: 'p' }, { endpoint: 'https://else.test' }],
    ['file-drop', { ...SFTP, password: 'p' }, { hostKey: `SHA256:${'b'.repeat(43)}` }],
    ['file-drop', { ...SFTP, password: 'p' }, { port: 2222 }],
    ['file-drop', { ...SFTP, privateKey: 'k', passphrase: 'p' }, { host: 'b.test', privateKey: 'l' }],
    [
      'file-drop',
      { drop: 's3', path: 'in', region: 'eu', bucket: 'acme', accessKeyId: 'a', secretAccessKey: 's' },
      { endpoint: 'https://else.test' },
    ],
  ])('of the type %s is refused', (type, settings, change) => {
    const { segments } = made();
    const body = makeDestination(
      before,
      KINDS.destination.omit({ secrets: true }).parse({ name: 'x', type, segments, settings }),
      'acme',
    );
    const current = { ...body, id: 'acme', version: 1, updatedAt: made().updatedAt };
    expect(() => mergeDestination(before, current, { settings: change })).toThrow(
      expect.objectContaining({ reason: 'secrets_needed' }),
    );
  });

  it.each([...DESTINATION_TYPES.values()])('$type says of each address that it is a place', (type) => {
    const { properties = {} } = z.toJSONSchema(type.settings, { io: 'input', unrepresentable: 'any' });
    const addresses = Object.entries(properties).filter(
      ([, each]) => (each as { format?: string }).format === 'uri',
    );
    expect(type.places).toEqual(expect.arrayContaining(addresses.map(([name]) => name)));
    expect(Object.keys(properties)).toEqual(expect.arrayContaining([...type.places]));
    expect(type.places.length).toBeGreaterThan(0);
  });
});
