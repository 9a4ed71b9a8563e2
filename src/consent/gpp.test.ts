import { GppModel, HeaderV1, Sections } from '@iabgpp/cmpapi';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readGpp, readGppSid } from './gpp.ts';
import { sectionIdsIn } from './gpp-header.ts';
import type { UsPrivacy } from './us-privacy.ts';

const TC_STRING = 'CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA';

/** A GPP string of these fields, `section.field` by name, made by the library. */
function gpp(fields: Record<string, unknown>): string {
  const model = new GppModel();
  for (const [name, value] of Object.entries(fields)) {
    const [section = '', field = ''] = name.split('.');
    model.setFieldValue(section, field, value);
  }
  return model.encode();
}

function header(...ids: number[]): string {
  const model = new HeaderV1();
  model.setFieldValue('SectionIds', ids);
  return model.encode();
}

const NAMES = [...Sections.SECTION_ID_NAME_MAP].filter(([id]) => id >= 7);

describe('the header', () => {
  it('lists the ids that the library wrote, whichever they are', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }), (some) => {
        const ids = some.sort((a, b) => a - b);
        expect(sectionIdsIn(header(...ids))).toEqual(ids);
      }),
    );
  });

  const unreadable: [string, string][] = [
    ['one that ends in the middle of an id', 'DBAB'],
    ['one with a range to billions, on which the library ends the process', 'DBAB4AAAAAAAAAAAAY'],
    ['one with another version', 'DCAA'],
    ['one with characters that are no base64', 'DB!A'],
    ['one with an id that no section has', header(5000)],
    ['an empty one', ''],
    ['a TC string', TC_STRING],
    ['one that is far too long', `DBAA${'A'.repeat(100)}`],
  ];
  it.each(unreadable)('is not read: %s', (_, text) => {
    expect(sectionIdsIn(text)).toBeUndefined();
    expect(readGpp(text, undefined).unreadable).toBe(true);
  });
});

describe('gpp_sid', () => {
  const rows: [string, string | undefined, number[] | undefined][] = [
    ['one id', '7', [7]],
    ['two ids', '2,7', [2, 7]],
    ['-1 says that none is in force', '-1', []],
    ['0 says that it is not known', '0', undefined],
    ['three ids, which the standard does not have, each count', '2,6,7', [2, 6, 7]],
    ['a word says nothing usable', 'usnat', undefined],
    ['none at all', undefined, undefined],
  ];
  it.each(rows)('%s', (_, text, ids) => {
    expect(readGppSid(text)).toEqual(ids === undefined ? undefined : new Set(ids));
  });
});

describe('opt-outs', () => {
  it.each(NAMES)('section %i (%s): 1 is an opt-out of sale, 2 and 0 are none', (id, name) => {
    for (const [value, us] of [
      [1, 'opted_out'],
      [2, 'no_opt_out'],
      [0, 'no_opt_out'],
    ] as const) {
      const text = gpp({ [`${name}.SaleOptOut`]: value });
      expect(readGpp(text, new Set([id]))).toEqual({
        tcString: undefined,
        caString: undefined,
        us,
        unreadable: false,
      });
    }
  });

  it.each(NAMES)('section %i (%s): each of its other opt-outs counts alike', (_, name) => {
    const model = new GppModel(gpp({ [`${name}.SaleOptOut`]: 2 }));
    for (const field of ['SharingOptOut', 'TargetedAdvertisingOptOut', 'Gpc']) {
      if (!model.hasField(name, field)) continue;
      const text = gpp({ [`${name}.SaleOptOut`]: 2, [`${name}.${field}`]: field === 'Gpc' ? true : 1 });
      expect([field, readGpp(text, undefined).us]).toEqual([field, 'opted_out']);
    }
  });

  const rows: [string, string, string | undefined, UsPrivacy | undefined, boolean][] = [
    ['usnat of version 1', gpp({ 'usnat.Version': 1, 'usnat.SharingOptOut': 1 }), '7', 'opted_out', false],
    ['usnat of version 1 without an opt-out', 'DBABLA~BVVqAAAAAAA.QA', '7', 'no_opt_out', false],
    ['usnat of version 1 with GPC in its subsection', 'DBABLA~BVVqAAAAAAA.YA', '7', 'opted_out', false],
    ['usnat of version 2', gpp({ 'usnat.TargetedAdvertisingOptOut': 1 }), '7', 'opted_out', false],
    [
      'usnat of a version that nobody knows',
      gpp({ 'usnat.Version': 3, 'usnat.SaleOptOut': 2 }),
      '7',
      'unreadable',
      true,
    ],
    ['a value 3, which is none', 'DBABLA~BVV6AAAAAAA', '7', 'unreadable', true],
    ['uspv1 with an opt-out', 'DBABTA~1YYN', '6', 'opted_out', false],
    ['uspv1 without one', 'DBABTA~1YNN', '6', 'no_opt_out', false],
    ['uspv1 with something else in it', 'DBABTA~yes!', '6', 'unreadable', true],
    ['an opt-out in a section that is not in force', gpp({ 'usnat.SaleOptOut': 1 }), '8', undefined, false],
    [
      'an opt-out where nobody says what is in force',
      gpp({ 'usnat.SaleOptOut': 1 }),
      undefined,
      'opted_out',
      false,
    ],
    ['an opt-out where none is in force', gpp({ 'usnat.SaleOptOut': 1 }), '-1', undefined, false],
    [
      'a no in one section and none in another',
      gpp({ 'usnat.SaleOptOut': 1, 'usva.SaleOptOut': 2 }),
      '7,9',
      'opted_out',
      false,
    ],
    [
      'the same the other way round',
      gpp({ 'usnat.SaleOptOut': 2, 'usva.SaleOptOut': 1 }),
      '7,9',
      'opted_out',
      false,
    ],
    [
      'a no beside a section that cannot be read is a no',
      `${header(7, 9)}~BVVaAAAAAAA~!`,
      undefined,
      'opted_out',
      true,
    ],
    [
      'no opt-out beside a section that cannot be read',
      `${header(7, 9)}~BVVqAAAAAAA~BVVq${'A'.repeat(200)}`,
      undefined,
      'unreadable',
      true,
    ],
    ['a string without sections', 'DBAA', '7', undefined, false],
  ];
  it.each(rows)('%s', (_, text, sid, us, unreadable) => {
    expect(readGpp(text, readGppSid(sid))).toMatchObject({ us, unreadable });
  });
});

describe('other sections', () => {
  it('hands section 2 out as the TC string it is', () => {
    expect(readGpp(`DBABMA~${TC_STRING}`, new Set([2])).tcString).toBe(TC_STRING);
    expect(readGpp(`DBABMA~${TC_STRING}`, undefined).tcString).toBe(TC_STRING);
    expect(readGpp(`DBABMA~${TC_STRING}`, new Set([7])).tcString).toBeUndefined();
  });

  it('cannot read a section of a law it does not know, and looks at it only where it is in force', () => {
    const unknown = `${header(4)}~BAAA`;
    expect(readGpp(unknown, new Set([4])).unreadable).toBe(true);
    expect(readGpp(unknown, new Set([7])).unreadable).toBe(false);
  });

  it('hands section 5 out as it is', () => {
    const canada = gpp({ 'tcfcav1.CmpId': 10 });
    expect(readGpp(canada, new Set([5]))).toMatchObject({
      caString: canada.split('~')[1],
      unreadable: false,
    });
    expect(readGpp(canada, new Set([7])).caString).toBeUndefined();
  });
});

describe('anything at all', () => {
  it('is read or not, and never throws', () => {
    const piece = fc.oneof(
      fc.string(),
      fc.constantFrom('DBAA', 'DBABLA', 'DBABTA', '~', '.', 'BVVqAAAAAAA', '1YNN'),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 6 }),
        fc.option(fc.string(), { nil: undefined }),
        (pieces, sid) => {
          const reading = readGpp(pieces.join(''), readGppSid(sid));
          expect(typeof reading.unreadable).toBe('boolean');
        },
      ),
    );
  });

  it('of more than 8 kB is not read', () => {
    expect(readGpp(`DBABLA~${'A'.repeat(8192)}`, undefined).unreadable).toBe(true);
  });

  it('cut short is never a yes or a no that was not said', () => {
    const text = gpp({ 'usnat.SaleOptOut': 2, 'usva.SaleOptOut': 2 });
    for (let length = 0; length < text.length; length++) {
      expect(readGpp(text.slice(0, length), undefined).us).not.toBe('opted_out');
    }
  });
});
