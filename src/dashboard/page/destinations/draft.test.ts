import { describe, expect, it } from 'vitest';
import type { ShownType } from '../../../api/destinations.ts';
import { bodyOf, draftOf } from './draft.ts';
import type { ShownDestination } from './shown.ts';

const type: ShownType = {
  type: 'drop',
  title: 'A drop',
  summary: '',
  takes: { partner: true, devices: ['gaid', 'idfa'] },
  gvlId: null,
  removes: true,
  forgets: false,
  expiryDays: { usual: 90, most: 180 },
  secrets: ['password', 'privateKey'],
  settings: {
    properties: {
      host: { type: 'string' },
      port: { type: 'integer', default: 22 },
      password: { type: 'string' },
      privateKey: { type: 'string', maxLength: 20_000 },
    },
    required: ['host'],
  },
};
const stored: ShownDestination = {
  id: 'one',
  name: 'One',
  type: 'drop',
  settings: { host: 'files.test', port: 2222 },
  secrets: ['password'],
  partner: 'a-dsp',
  devices: ['gaid'],
  segments: [{ id: 'hats' }, { id: 'shoes', code: '17' }],
  schedule: 'change',
  mode: 'delta',
  allows: [],
  active: true,
  version: 3,
};

describe('a destination in a form', () => {
  it('is sent as nothing where nothing was changed', () => {
    expect(bodyOf(type, draftOf(type, stored), stored)).toEqual({});
    const toAll: ShownDestination = { ...stored, segments: 'all', regions: ['DE', 'US-CA'], gvlId: 12 };
    expect(bodyOf(type, draftOf(type, toAll), toAll)).toEqual({});
  });

  it('is sent with what was changed alone, a secret only where one was typed or taken out', () => {
    const draft = draftOf(type, stored);
    const changed = {
      ...draft,
      texts: { ...draft.texts, partner: '', regions: 'de us-ca' },
      segments: [{ id: 'hats', code: ' 18 ' }],
      settings: { ...draft.settings, port: '', privateKey: 'KEY' },
      dropped: ['password'],
    };
    expect(bodyOf(type, changed, stored)).toEqual({
      partner: null,
      regions: ['de', 'us-ca'],
      segments: [{ id: 'hats', code: '18' }],
      settings: { port: null, privateKey: 'KEY', password: null },
    });
  });

  it('is told by hand at first, of what is typed and of no default', () => {
    const draft = draftOf(type);
    expect(bodyOf(type, { ...draft, settings: { host: 'files.test', port: '2222' } })).toEqual({
      name: 'A drop',
      type: 'drop',
      schedule: 'manual',
      devices: [],
      allows: [],
      segments: [],
      settings: { host: 'files.test', port: 2222 },
    });
  });
});
