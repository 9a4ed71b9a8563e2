// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import { describe, expect, it } from 'vitest';
import { isPartnerUid } from './partner-uid.ts';

describe('an id that thousands of browsers would share', () => {
  it.each([
    '$UID',
    '${UID}',
    '${DD_UUID}',
    '#PMUID',
    '${CRITEO_USER_ID}',
    '{OPENX_ID}',
    '[UID]',
    '%%UID%%',
    '{{.UID}}',
    '{{uid}}',
    '%24UID',
    'x$UID',
    '@MINE@',
    '$uid',
    '[uid]',
    '%%uid%%',
    '#uid',
    '__UID__',
    '__uid__',
    '@@UID@@',
    ':UID',
    ':uid',
    'null',
    'NULL',
    'undefined',
    'NaN',
    'none',
    '0',
    '-1',
    '00000000-0000-0000-0000-000000000000',
    '0.0',
    'https://evil.test/',
    'http://evil.test',
    '//evil.test',
    'x://y',
    'abc%3D',
    'jane%40x.test',
    'a b',
    'a\u0000',
    '',
    'a'.repeat(513),
  ])('is %s', (uid) => {
    expect(isPartnerUid(uid, '@MINE@')).toBe(false);
  });
});

it.each([
  '4722255122219375043',
  'KACWYIER-P-59CH',
  'XlV6w9HM6LYAAHx2YJ4AAACZ&476',
  'ge515bd6c7da71cdc98a',
  '2ECE1904-7EB2-4C38-98A4-38E97535AA9C',
  'CAESEAbCdEf-_012',
  'AAbb==',
  'y+/9',
  '10',
  'nullable7',
  'v1:Ab_9',
  'y-__ab__-cd',
  '__ab',
  'a[1]',
  '100%',
])('an id may be %s', (uid) => {
  expect(isPartnerUid(uid, '$UID')).toBe(true);
});
