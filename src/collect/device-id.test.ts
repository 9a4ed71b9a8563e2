import { describe, expect, it } from 'vitest';
import { checkDeviceId, DEVICE_TYPES } from './device-id.ts';

const UUID = '6d92078a-8246-4ba4-ae5b-76104861e7dc';

describe('checkDeviceId', () => {
  it.each(DEVICE_TYPES.map((type) => [type]))('takes a UUID as %s, in lower case', (type) => {
    expect(checkDeviceId(type, UUID)).toEqual({ type, id: UUID });
    expect(checkDeviceId(type.toUpperCase(), UUID.toUpperCase())).toEqual({ type, id: UUID });
  });

  it.each([
    [
      'a UUID without hyphens gets them',
      'msai',
      UUID.replaceAll('-', '').toUpperCase(),
      { type: 'msai', id: UUID },
    ],
    ['a generic UUID has the same form', 'generic', UUID.toUpperCase(), { type: 'generic', id: UUID }],
    [
      'a generic id of another form keeps its case',
      'generic',
      'AbCdEf0123456789',
      { type: 'generic', id: 'AbCdEf0123456789' },
    ],
    [
      'an OAID may be a maker’s own run of hexadecimal digits',
      'oaid',
      '1FE9A970EFBB29E0',
      { type: 'oaid', id: '1fe9a970efbb29e0' },
    ],
    ['Google’s id has another name in OpenRTB', 'AAID', UUID, { type: 'gaid', id: UUID }],
    ['so has whatever else a platform has', 'dpid', UUID, { type: 'generic', id: UUID }],
    ['a vendor’s id is not for advertising', 'idfv', UUID, 'bad_device_id'],
    ['a card’s number is no OAID', 'oaid', '4111111111111111', 'bad_device_id'],
    ['zeros of an OAID too', 'oaid', '0'.repeat(64), 'zero_device_id'],
    [
      'zeros are a person who limits tracking',
      'idfa',
      '00000000-0000-0000-0000-000000000000',
      'zero_device_id',
    ],
    ['zeros without hyphens too', 'gaid', '0'.repeat(32), 'zero_device_id'],
    ['generic zeros too', 'generic', '0'.repeat(16), 'zero_device_id'],
    ['an unknown type is bad', 'imei', UUID, 'bad_device_id'],
    ['a name that every object has is no type', 'constructor', UUID, 'bad_device_id'],
    ['an empty id is bad', 'idfa', '', 'bad_device_id'],
    ['a UUID with a digit too few is bad', 'idfa', UUID.slice(1), 'bad_device_id'],
    ['a UUID with a letter that is no digit is bad', 'gaid', UUID.replace('6d', '6g'), 'bad_device_id'],
    ['free text is an id of no maker', 'rida', 'AbCdEf0123456789', 'bad_device_id'],
    ['a short generic id is bad', 'generic', 'abc123', 'bad_device_id'],
    ['a phone number is no generic id', 'generic', '0049-170-1234567', 'bad_device_id'],
    ['nor with a word before it', 'generic', 'phone:0049-170-1234567', 'bad_device_id'],
    ['nor is a card’s', 'generic', 'card_4111111111111111', 'bad_device_id'],
    [
      'a longer number is nobody’s',
      'generic',
      'tv-41111111111111110',
      { type: 'generic', id: 'tv-41111111111111110' },
    ],
    ['a machine’s address is no generic id', 'generic', '2a02:8109:1:2::9f:1', 'bad_device_id'],
    ['nor with a word before it or behind', 'generic', 'tv-at-203.0.113.77-x', 'bad_device_id'],
    ['nor is a network card’s', 'generic', '00:1a:2b:3c:4d:5e', 'bad_device_id'],
    ['an e-mail address is no generic id', 'generic', 'joe.doe.the.first@example.com', 'bad_device_id'],
    ['an id of 10 kB is bad', 'generic', 'a1'.repeat(5000), 'bad_device_id'],
  ])('%s', (_sentence, type, id, expected) => {
    expect(checkDeviceId(type, id)).toEqual(expected);
  });
});
