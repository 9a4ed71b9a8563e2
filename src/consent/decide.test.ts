import { existsSync, readFileSync } from 'node:fs';
import { GppModel } from '@iabgpp/cmpapi';
import { GVL, PurposeRestriction, RestrictionType, TCModel, TCString } from '@iabtechlabtcf/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consentDecider, type Decision, type Parties, type Place, type Signals } from './decide.ts';
import { PURPOSES_WITHOUT_TCF } from './purposes.ts';
import { vendorList } from './vendor-list.testing.ts';

const NOW = Date.UTC(2026, 5, 1);
const DAY = 24 * 60 * 60 * 1000;
const US_IDS = 77;

const parties: Parties = {
  gvlId: US_IDS,
  localRegion: undefined,
  partners: [{ id: 'zeta', gvlId: 20 }, { id: 'alpha', gvlId: 10 }, { id: 'plain' }],
};
const EVERYBODY = ['alpha', 'plain', 'zeta'];

const GERMANY: Place = { country: 'DE', region: '', local: false };
const OREGON: Place = { country: 'US', region: 'US-OR', local: false };
const NOWHERE: Place = { country: '', region: '', local: false };
const HERE: Place = { country: '', region: '', local: true };

const mask = (...purposes: number[]) => purposes.reduce((sum, purpose) => sum | (1 << (purpose - 1)), 0);

interface Wish {
  purposes?: number[];
  interests?: number[];
  vendors?: number[];
  disclosed?: number[];
  restrictions?: [purpose: number, type: RestrictionType, vendor: number][];
  policyVersion?: number;
  created?: number;
}

/** A TC string made by the library. */
function tc(wish: Wish = {}): string {
  const model = new TCModel(new GVL(vendorList(wish.policyVersion ?? 5)));
  model.cmpId = 10;
  model.cmpVersion = 1;
  model.isServiceSpecific = true;
  model.purposeConsents.set(wish.purposes ?? [1, 3, 4, 9, 10]);
  model.purposeLegitimateInterests.set(wish.interests ?? []);
  model.vendorConsents.set(wish.vendors ?? [10, 20, US_IDS]);
  model.vendorLegitimateInterests.set(wish.interests ? [US_IDS] : []);
  model.vendorsDisclosed.set(wish.disclosed ?? [10, 20, US_IDS]);
  for (const [purpose, type, vendor] of wish.restrictions ?? []) {
    model.publisherRestrictions.add(vendor, new PurposeRestriction(purpose, type));
  }
  model.created = new Date(wish.created ?? NOW - DAY);
  model.lastUpdated = model.created;
  return TCString.encode(model);
}

function gpp(fields: Record<string, unknown>): string {
  const model = new GppModel();
  for (const [name, value] of Object.entries(fields)) {
    const [section = '', field = ''] = name.split('.');
    model.setFieldValue(section, field, value);
  }
  return model.encode();
}

const decide = consentDecider(parties, () => NOW);
const on = (signals: Partial<Signals>, place: Place): Decision => decide({ gpc: false, ...signals }, place);

/** The decision in one line: what is allowed, or the reason, with a ! where it is a withdrawal. */
function inWords(decision: Decision): string {
  if (!decision.yes) return `${decision.reason}${decision.withdrawal ? '!' : ''}`;
  return `yes ${decision.allowed.purposes} [${decision.allowed.partners.join(' ')}]`;
}

const ALL = `yes ${PURPOSES_WITHOUT_TCF} [${EVERYBODY.join(' ')}]`;
const CONSENTED = `yes ${mask(1, 3, 4, 9, 10)} [alpha zeta]`;

type Row = [sentence: string, signals: Partial<Signals>, place: Place, words: string];

describe('no signal', () => {
  const rows: Row[] = [
    ['needs a yes in the EEA', {}, GERMANY, 'consent_missing'],
    ['needs a yes where the country is not known', {}, NOWHERE, 'country_unknown'],
    ['allows in Oregon', {}, OREGON, ALL],
    ['allows on this machine, whose law nobody set', {}, HERE, ALL],
    [
      'is what empty parameters come to',
      { gdpr: '', gdprConsent: '', gpp: '', gppSid: '', usPrivacy: '' },
      GERMANY,
      'consent_missing',
    ],
    ['is what garbage in gdpr comes to, in the EEA', { gdpr: 'false' }, GERMANY, 'consent_missing'],
    ['is what garbage in gdpr comes to, in Oregon', { gdpr: '{{.GDPR}}' }, OREGON, ALL],
  ];
  it.each(rows)('%s', (_, signals, place, words) => {
    expect(inWords(on(signals, place))).toBe(words);
  });

  it('follows the local region on this machine where it is set', () => {
    const inTheEea = consentDecider({ ...parties, localRegion: 'EEA' }, () => NOW);
    expect(inWords(inTheEea({ gpc: false }, HERE))).toBe('consent_missing');
    expect(inWords(inTheEea({ gpc: false }, OREGON))).toBe(ALL);
  });
});

describe('gdpr', () => {
  const rows: Row[] = [
    ['1 applies TCF whatever the country', { gdpr: '1' }, OREGON, 'consent_missing'],
    ['1 with a yes allows', { gdpr: '1', gdprConsent: tc() }, GERMANY, CONSENTED],
    ['1 with a yes allows from nowhere', { gdpr: '1', gdprConsent: tc() }, NOWHERE, CONSENTED],
    [
      '1 with what cannot be read refuses everywhere',
      { gdpr: '1', gdprConsent: 'yes' },
      OREGON,
      'consent_unreadable',
    ],
    [
      '1 with more than 8 kB refuses',
      { gdpr: '1', gdprConsent: `${tc()}.${'Y'.repeat(8192)}` },
      OREGON,
      'consent_too_long',
    ],
    ['0 says that TCF does not apply', { gdpr: '0' }, GERMANY, ALL],
    ['0 makes a string no matter', { gdpr: '0', gdprConsent: tc({ vendors: [] }) }, GERMANY, ALL],
    ['0 overrides no opt-out of sale', { gdpr: '0', usPrivacy: '1YYN' }, GERMANY, 'sale_opt_out!'],
    ['absent, with a yes, allows', { gdprConsent: tc() }, GERMANY, CONSENTED],
    [
      'absent, with a no, refuses also where no law asks',
      { gdprConsent: tc({ vendors: [] }) },
      OREGON,
      'no_vendor_consent!',
    ],
    ['garbage, with a yes, allows', { gdpr: 'true', gdprConsent: tc() }, GERMANY, CONSENTED],
    [
      'absent, with what cannot be read, refuses in the EEA',
      { gdprConsent: 'yes' },
      GERMANY,
      'consent_unreadable',
    ],
    [
      'absent, with what cannot be read, refuses in Oregon',
      { gdprConsent: 'yes' },
      OREGON,
      'consent_unreadable',
    ],
    [
      'absent, with a macro nobody filled in, refuses in Oregon',
      { gdprConsent: '{{.GDPRConsent}}' },
      OREGON,
      'consent_unreadable',
    ],
    [
      'absent, with more than 8 kB, refuses in Oregon',
      { gdprConsent: `${tc()}.${'Y'.repeat(8192)}` },
      OREGON,
      'consent_too_long',
    ],
    [
      'garbage, with what cannot be read, refuses',
      { gdpr: 'x', gdprConsent: '-' },
      HERE,
      'consent_unreadable',
    ],
    ['0 makes also what cannot be read no matter', { gdpr: '0', gdprConsent: 'yes' }, OREGON, ALL],
    ['0 makes also what is too long no matter', { gdpr: '0', gdprConsent: 'C'.repeat(8193) }, GERMANY, ALL],
  ];
  it.each(rows)('%s', (_, signals, place, words) => {
    expect(inWords(on(signals, place))).toBe(words);
  });

  it('1 while we have no vendor id is nobody’s refusal', () => {
    const nameless = consentDecider({ ...parties, gvlId: undefined }, () => NOW);
    for (const gdprConsent of [undefined, tc(), tc({ vendors: [] }), 'garbage']) {
      expect(inWords(nameless({ gdpr: '1', gdprConsent, gpc: false }, OREGON))).toBe('no_vendor_id');
    }
    expect(inWords(nameless({ gdprConsent: tc(), gpc: false }, OREGON))).toBe('no_vendor_id');
    expect(inWords(nameless({ gpc: false }, OREGON))).toBe(ALL);
  });
});

describe('a TC string', () => {
  const { NOT_ALLOWED, REQUIRE_CONSENT, REQUIRE_LI } = RestrictionType;
  const rows: [string, Wish, string][] = [
    ['needs consent for our vendor', { vendors: [10, 20] }, 'no_vendor_consent!'],
    ['needs purpose 1', { purposes: [3, 4, 9, 10] }, 'no_purpose_store!'],
    ['needs purpose 3', { purposes: [1, 4, 9, 10] }, 'no_purpose_profile!'],
    ['without purpose 4 stores and hands nothing out', { purposes: [1, 3] }, `yes ${mask(1, 3)} []`],
    [
      'lists a partner only with consent of its own',
      { vendors: [20, US_IDS] },
      `yes ${mask(1, 3, 4, 9, 10)} [zeta]`,
    ],
    [
      'takes no legitimate interest for consent',
      { purposes: [1], interests: [2, 7, 9] },
      'no_purpose_profile!',
    ],
    ['that did not disclose us has no consent for us', { disclosed: [10, 20] }, 'no_vendor_consent!'],
    [
      'that did not disclose a partner has none for it',
      { disclosed: [10, US_IDS] },
      `yes ${mask(1, 3, 4, 9, 10)} [alpha]`,
    ],
    ['of TCF 2.3 that disclosed nobody has no consent', { disclosed: [] }, 'no_vendor_consent!'],
    ['of TCF 2.2 may leave the disclosed vendors empty', { disclosed: [], policyVersion: 4 }, CONSENTED],
    [
      'of TCF 2.2 that disclosed others did not disclose us',
      { disclosed: [10], policyVersion: 4 },
      'no_vendor_consent!',
    ],
    [
      'whose publisher forbids us purpose 1',
      { restrictions: [[1, NOT_ALLOWED, US_IDS]] },
      'no_purpose_store!',
    ],
    [
      'whose publisher forbids us purpose 3',
      { restrictions: [[3, NOT_ALLOWED, US_IDS]] },
      'no_purpose_profile!',
    ],
    [
      'whose publisher forbids us purpose 4',
      { restrictions: [[4, NOT_ALLOWED, US_IDS]] },
      `yes ${mask(1, 3, 9, 10)} []`,
    ],
    [
      'whose publisher forbids purpose 4 to a partner',
      { restrictions: [[4, NOT_ALLOWED, 10]] },
      `yes ${mask(1, 3, 4, 9, 10)} [zeta]`,
    ],
    [
      'whose publisher forbids purpose 3 to somebody else',
      { restrictions: [[3, NOT_ALLOWED, 11]] },
      CONSENTED,
    ],
  ];
  it.each(rows)('%s', (_, wish, words) => {
    expect(inWords(on({ gdpr: '1', gdprConsent: tc(wish) }, GERMANY))).toBe(words);
  });

  it('whose publisher asks for consent keeps it, and for legitimate interest loses it', () => {
    // The encoder drops both for a vendor that is not flexible, so they are put in without its list.
    const restricted = (type: RestrictionType) => {
      const list = vendorList(5);
      const vendor = Object.values(list.vendors).find(({ id }) => id === US_IDS);
      Object.assign(vendor ?? {}, { flexiblePurposes: [9], purposes: [1, 3, 4, 9, 10], legIntPurposes: [9] });
      const model = new TCModel(new GVL(list));
      Object.assign(model, { cmpId: 10, cmpVersion: 1, isServiceSpecific: true });
      model.purposeConsents.set([1, 3, 4, 9, 10]);
      model.vendorConsents.set([US_IDS]);
      model.vendorsDisclosed.set([US_IDS]);
      model.publisherRestrictions.add(US_IDS, new PurposeRestriction(9, type));
      model.created = new Date(NOW - DAY);
      model.lastUpdated = model.created;
      return TCString.encode(model);
    };
    const words = (type: RestrictionType) =>
      inWords(on({ gdpr: '1', gdprConsent: restricted(type) }, GERMANY));
    expect(words(REQUIRE_CONSENT)).toBe(`yes ${mask(1, 3, 4, 9, 10)} []`);
    expect(words(REQUIRE_LI)).toBe(`yes ${mask(1, 3, 4, 10)} []`);
  });

  it('from the future refuses until its day has come', () => {
    let clock = NOW;
    const decideThen = consentDecider(parties, () => clock);
    const signals = { gdpr: '1', gdprConsent: tc({ created: NOW + 3 * DAY }), gpc: false };
    expect(inWords(decideThen(signals, GERMANY))).toBe('consent_from_future');
    expect(inWords(decideThen({ ...signals, gdpr: undefined }, OREGON))).toBe('consent_from_future');
    clock = NOW + 2 * DAY;
    expect(inWords(decideThen(signals, GERMANY))).toBe(CONSENTED);
  });

  it('of the published vector has consents of vendors and of no purpose', () => {
    const gdprConsent = 'CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA';
    const words = (gvlId: number) =>
      inWords(consentDecider({ ...parties, gvlId })({ gdpr: '1', gdprConsent, gpc: false }, GERMANY));
    expect([1, 4, 5, 100].map(words)).toEqual([
      'no_purpose_store!',
      'no_purpose_store!',
      'no_vendor_consent!',
      'no_vendor_consent!',
    ]);
  });

  const published = new URL('../../../shared/data/consent/gvl-v17.json', import.meta.url);
  it.skipIf(!existsSync(published))(
    'of a published vendor list with everybody’s consent is a yes for its vendors',
    () => {
      const model = new TCModel(new GVL(JSON.parse(readFileSync(published, 'utf8'))));
      Object.assign(model, {
        cmpId: 10,
        cmpVersion: 1,
        created: new Date(NOW - DAY),
        lastUpdated: new Date(NOW - DAY),
      });
      model.setAllPurposeConsents();
      model.setAllVendorConsents();
      model.setAllVendorsDisclosed();
      const gdprConsent = TCString.encode(model);
      const consented = [...TCString.decode(gdprConsent).vendorConsents.values()];
      expect(consented.length).toBeGreaterThan(500);
      for (const gvlId of consented.filter((_, index) => index % 50 === 0)) {
        const decision = consentDecider({ ...parties, gvlId })(
          { gdpr: '1', gdprConsent, gpc: false },
          GERMANY,
        );
        expect([gvlId, decision.yes]).toEqual([gvlId, true]);
      }
    },
  );
});

describe('an opt-out of sale', () => {
  const out = gpp({ 'usnat.SaleOptOut': 1 });
  const stays = gpp({ 'usnat.SaleOptOut': 2 });
  const rows: Row[] = [
    ['by Sec-GPC refuses in Oregon', { gpc: true }, OREGON, 'sale_opt_out!'],
    [
      'by Sec-GPC refuses in good faith in Germany, whatever was consented',
      { gpc: true, gdpr: '1', gdprConsent: tc() },
      GERMANY,
      'sale_opt_out!',
    ],
    ['by US Privacy', { usPrivacy: '1YYN' }, OREGON, 'sale_opt_out!'],
    ['is not said by 1YNN', { usPrivacy: '1YNN' }, OREGON, ALL],
    ['is not said by 1---', { usPrivacy: '1---' }, OREGON, ALL],
    [
      'is not known from a US Privacy string nobody can read',
      { usPrivacy: 'YYYY' },
      OREGON,
      'consent_unreadable',
    ],
    [
      'is not known from a US Privacy string of another length',
      { usPrivacy: 'opted out' },
      OREGON,
      'consent_unreadable',
    ],
    ['by GPP', { gpp: out, gppSid: '7' }, OREGON, 'sale_opt_out!'],
    [
      'by GPP weighs more than a yes to TCF',
      { gpp: out, gppSid: '7', gdpr: '1', gdprConsent: tc() },
      GERMANY,
      'sale_opt_out!',
    ],
    ['is no yes: the EEA still needs one', { gpp: stays, gppSid: '7' }, GERMANY, 'consent_missing'],
    ['by US Privacy is overridden by GPP', { gpp: stays, gppSid: '7', usPrivacy: '1YYN' }, OREGON, ALL],
    ['by GPP overrides US Privacy', { gpp: out, gppSid: '7', usPrivacy: '1YNN' }, OREGON, 'sale_opt_out!'],
    [
      'by US Privacy counts where GPP has no US section in force',
      { gpp: stays, gppSid: '-1', usPrivacy: '1YYN' },
      OREGON,
      'sale_opt_out!',
    ],
    [
      'by US Privacy counts where GPP cannot be read',
      { gpp: 'DB', usPrivacy: '1YYN' },
      OREGON,
      'sale_opt_out!',
    ],
  ];
  it.each(rows)('%s', (_, signals, place, words) => {
    expect(inWords(on(signals, place))).toBe(words);
  });
});

describe('one field for all strings, as AMP has it', () => {
  const out = gpp({ 'usnat.SaleOptOut': 1 });
  const stays = gpp({ 'usnat.SaleOptOut': 2 });
  const rows: Row[] = [
    ['an opt-out of US Privacy', { gdprConsent: '1YYN' }, OREGON, 'sale_opt_out!'],
    ['one in small letters', { gdprConsent: '1yyn' }, OREGON, 'sale_opt_out!'],
    ['no opt-out of US Privacy', { gdprConsent: '1YNN' }, OREGON, ALL],
    ['US Privacy that does not apply', { gdprConsent: '1---' }, OREGON, ALL],
    ['US Privacy is no yes in the EEA', { gdprConsent: '1YNN' }, GERMANY, 'consent_missing'],
    ['US Privacy is no TC string', { gdpr: '1', gdprConsent: '1YNN' }, GERMANY, 'consent_missing'],
    ['US Privacy said twice', { gdprConsent: '1YYN', usPrivacy: '1YYN' }, OREGON, 'sale_opt_out!'],
    [
      'US Privacy beside one that is no opt-out',
      { gdprConsent: '1YYN', usPrivacy: '1YNN' },
      OREGON,
      'sale_opt_out!',
    ],
    ['US Privacy beside an opt-out', { gdprConsent: '1YNN', usPrivacy: '1YYN' }, OREGON, 'sale_opt_out!'],
    [
      'an opt-out beside a word that TCF does not apply',
      { gdpr: '0', gdprConsent: '1YYN', usPrivacy: '1---' },
      OREGON,
      'sale_opt_out!',
    ],
    ['no opt-out twice', { gdprConsent: '1YNN', usPrivacy: '1---' }, OREGON, ALL],
    ['what only looks like US Privacy', { gdprConsent: '2YYN' }, OREGON, 'consent_unreadable'],
    ['an opt-out by GPP', { gdprConsent: out }, OREGON, 'sale_opt_out!'],
    ['an opt-out by GPP, with its section', { gdprConsent: out, gppSid: '7' }, OREGON, 'sale_opt_out!'],
    ['an opt-out by GPP that is not in force', { gdprConsent: out, gppSid: '8' }, OREGON, ALL],
    ['no opt-out by GPP', { gdprConsent: stays }, OREGON, ALL],
    ['GPP that holds a TC string', { gdprConsent: `DBABMA~${tc()}` }, GERMANY, CONSENTED],
    ['GPP said twice', { gdprConsent: out, gpp: out }, OREGON, 'sale_opt_out!'],
    ['GPP beside another', { gdprConsent: out, gpp: stays }, OREGON, 'consent_unreadable'],
    ['GPP that cannot be read', { gdprConsent: 'DB' }, OREGON, 'consent_unreadable'],
    ['a TC string', { gdprConsent: tc() }, OREGON, CONSENTED],
  ];
  it.each(rows)('%s', (_, signals, place, words) => {
    expect(inWords(on(signals, place))).toBe(words);
  });
});

describe('gpp_sid', () => {
  const out = gpp({ 'usca.SaleOptOut': 1 });
  const many = Array.from({ length: 20 }, (_, at) => at + 7).join();
  const rows: Row[] = [
    ['of two dozen ids names them all', { gpp: out, gppSid: many }, OREGON, 'sale_opt_out!'],
    ['of three ids leaves the others out', { gpp: out, gppSid: '7,9,10' }, OREGON, ALL],
    [
      'of many ids with the European one wants its string',
      { gppSid: `2,${many}` },
      OREGON,
      'consent_missing',
    ],
    ['that is too long cannot be read', { gppSid: '7,'.repeat(65) }, OREGON, 'consent_unreadable'],
    [
      'that is too long takes nothing from a no',
      { gpp: out, gppSid: '7,'.repeat(65) },
      OREGON,
      'sale_opt_out!',
    ],
    [
      'that is no list of ids leaves every section in force',
      { gpp: out, gppSid: 'all' },
      OREGON,
      'sale_opt_out!',
    ],
  ];
  it.each(rows)('%s', (_, signals, place, words) => {
    expect(inWords(on(signals, place))).toBe(words);
  });
});

describe('GPP', () => {
  const withTcf = (text: string) => `DBABMA~${text}`;
  const rows: Row[] = [
    ['section 2 with a yes allows in the EEA', { gpp: withTcf(tc()), gppSid: '2' }, GERMANY, CONSENTED],
    ['section 2 applies without gpp_sid', { gpp: withTcf(tc()) }, GERMANY, CONSENTED],
    [
      'section 2 applies whatever the country',
      { gpp: withTcf(tc({ vendors: [] })), gppSid: '2' },
      OREGON,
      'no_vendor_consent!',
    ],
    [
      'section 2 overrides gdpr_consent',
      { gpp: withTcf(tc({ purposes: [1] })), gppSid: '2', gdpr: '1', gdprConsent: tc() },
      GERMANY,
      'no_purpose_profile!',
    ],
    [
      'section 2 overrides gdpr=0',
      { gpp: withTcf(tc({ purposes: [1] })), gppSid: '2', gdpr: '0' },
      GERMANY,
      'no_purpose_profile!',
    ],
    [
      'section 2 that is not in force is no yes',
      { gpp: withTcf(tc()), gppSid: '7' },
      GERMANY,
      'consent_missing',
    ],
    [
      'section 2 that cannot be read refuses',
      { gpp: withTcf('nothing'), gppSid: '2' },
      OREGON,
      'consent_unreadable',
    ],
    [
      'section 2 in force and not there asks for gdpr_consent',
      { gpp: 'DBAA', gppSid: '2', gdprConsent: tc() },
      OREGON,
      CONSENTED,
    ],
    ['section 2 in force and nowhere is a yes that is missing', { gppSid: '2' }, OREGON, 'consent_missing'],
    [
      'sections of no TCF never say that gdpr is 0',
      { gpp: gpp({ 'usnat.SaleOptOut': 2 }), gppSid: '7', gdpr: '1' },
      GERMANY,
      'consent_missing',
    ],
    ['that cannot be read refuses', { gpp: 'garbage' }, OREGON, 'consent_unreadable'],
    [
      'that cannot be read refuses beside a yes',
      { gpp: 'garbage', gdpr: '1', gdprConsent: tc() },
      GERMANY,
      'consent_unreadable',
    ],
    [
      'that cannot be read takes nothing from a no',
      { gpp: 'garbage', gdpr: '1', gdprConsent: tc({ vendors: [] }) },
      GERMANY,
      'no_vendor_consent!',
    ],
    ['of more than 8 kB refuses', { gpp: `DBABLA~${'A'.repeat(8192)}` }, OREGON, 'consent_too_long'],
    ['without sections says nothing', { gpp: 'DBAA', gppSid: '7' }, OREGON, ALL],
  ];
  it.each(rows)('%s', (_, signals, place, words) => {
    expect(inWords(on(signals, place))).toBe(words);
  });
});

describe('our own opt-out', () => {
  it('beats every yes, and is the person’s word', () => {
    const signals = { gdpr: '1', gdprConsent: tc(), gpc: false, optedOut: true };
    expect(inWords(decide(signals, GERMANY))).toBe('opted_out!');
    expect(inWords(decide({ gpc: true, optedOut: true }, OREGON))).toBe('opted_out!');
  });
});

/** A GPP string of the Canadian section alone. */
function canada(wish: { purposes?: number[]; vendors?: number[]; implied?: boolean } = {}): string {
  const kind = wish.implied ? 'Implied' : 'Express';
  const purposes = wish.purposes ?? [1, 3, 4];
  return gpp({
    [`tcfcav1.Purposes${kind}Consent`]: Array.from({ length: 24 }, (_, at) => purposes.includes(at + 1)),
    [`tcfcav1.Vendor${kind}Consent`]: wish.vendors ?? [10, US_IDS],
  });
}

describe('the Canadian TCF', () => {
  // The library stamps the moment of making, which is after this file's clock.
  const today = consentDecider(parties);
  const MONTREAL: Place = { country: 'CA', region: 'CA-QC', local: false };
  const rows: Row[] = [
    ['express consent allows', { gpp: canada(), gppSid: '5' }, MONTREAL, `yes ${mask(1, 3, 4)} [alpha]`],
    ['implied consent allows', { gpp: canada({ implied: true }) }, MONTREAL, `yes ${mask(1, 3, 4)} [alpha]`],
    ['no vendor consent refuses', { gpp: canada({ vendors: [10] }) }, MONTREAL, 'no_vendor_consent!'],
    ['no purpose 3 refuses', { gpp: canada({ purposes: [1, 4] }) }, MONTREAL, 'no_purpose_profile!'],
    ['is not looked at where it is not in force', { gpp: canada({ vendors: [] }), gppSid: '7' }, OREGON, ALL],
    ['is no yes to the law of the EEA', { gpp: canada(), gppSid: '5' }, GERMANY, 'consent_missing'],
    [
      'and the European one together allow what both allow',
      { gpp: canada(), gdpr: '1', gdprConsent: tc({ vendors: [20, US_IDS] }) },
      GERMANY,
      `yes ${mask(1, 3, 4)} []`,
    ],
    ['that cannot be read refuses', { gpp: 'DBABj~garbage', gppSid: '5' }, MONTREAL, 'consent_unreadable'],
  ];
  it.each(rows)('%s', (_, signals, place, words) => {
    expect(inWords(today({ gpc: false, ...signals }, place))).toBe(words);
  });

  it('without a vendor id of ours is a yes to somebody else', () => {
    const nameless = consentDecider({ ...parties, gvlId: undefined });
    expect(inWords(nameless({ gpp: canada(), gpc: false }, MONTREAL))).toBe('no_vendor_id');
  });
});

describe('what may be done', () => {
  const answers = (decision: Decision) => [
    decision.cookie,
    decision.store,
    decision.profile,
    decision.export,
    ...['alpha', 'zeta', 'plain', 'stranger'].map((id) => decision.partner(id)),
  ];
  const of = (wish: Wish) => on({ gdpr: '1', gdprConsent: tc(wish) }, GERMANY);
  const all = (answer: string) => Array.from({ length: 8 }, () => answer);
  const rows: [string, Decision, string[]][] = [
    ['everything where absence allows', on({}, OREGON), [...all('yes').slice(0, 7), 'unknown_partner']],
    [
      'with a yes to us and two partners: not with one that no list knows',
      of({}),
      ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'no_partner_gvl_id', 'unknown_partner'],
    ],
    [
      'without a yes to a partner: nothing with that partner',
      of({ vendors: [20, US_IDS] }),
      ['yes', 'yes', 'yes', 'yes', 'no_partner_consent', 'yes', 'no_partner_gvl_id', 'unknown_partner'],
    ],
    [
      'with a partner that the publisher restricts',
      of({ restrictions: [[1, RestrictionType.NOT_ALLOWED, 10]] }),
      ['yes', 'yes', 'yes', 'yes', 'no_partner_purpose', 'yes', 'no_partner_gvl_id', 'unknown_partner'],
    ],
    [
      'without purpose 4: store and profile, hand nothing out',
      of({ purposes: [1, 3] }),
      ['yes', 'yes', 'yes', ...all('no_purpose_hand_out').slice(3)],
    ],
    ['nothing without purpose 1', of({ purposes: [3, 4] }), all('no_purpose_store')],
    ['nothing without a signal where a yes is needed', on({}, GERMANY), all('consent_missing')],
    ['nothing after an opt-out of sale', on({ gpc: true }, OREGON), all('sale_opt_out')],
  ];
  it.each(rows)('%s', (_, decision, expected) => {
    expect(answers(decision)).toEqual(expected);
  });
});

describe('the memory of decisions', () => {
  it('gives the same answer, and the same object, again', () => {
    const signals = { gdpr: '1', gdprConsent: tc(), gpc: false };
    expect(decide(signals, GERMANY)).toBe(decide({ ...signals }, { ...GERMANY }));
  });

  it('keeps apart what differs in anything', () => {
    const texts = ['', '0', '1', '7', '1YNN', 'DBAA', tc()];
    const text = fc.constantFrom(...texts);
    const signals = fc.record({
      gdpr: text,
      gdprConsent: text,
      gpp: text,
      gppSid: text,
      usPrivacy: text,
      gpc: fc.boolean(),
    });
    const place = fc.constantFrom(GERMANY, OREGON, NOWHERE, HERE);
    fc.assert(
      fc.property(signals, place, (some, where) => {
        const fresh = consentDecider(parties, () => NOW);
        expect(inWords(decide(some, where))).toBe(inWords(fresh(some, where)));
      }),
    );
  });

  it('cannot be spoiled by who holds an answer', () => {
    const decision = on({}, OREGON);
    if (!decision.yes) throw new Error(decision.reason);
    expect(() => (decision.allowed.partners as string[]).push('stranger')).toThrow(TypeError);
    expect(() => Object.assign(decision.allowed, { purposes: 0 })).toThrow(TypeError);
  });
});

describe('anything at all', () => {
  const good = tc();
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.base64String(),
    fc.nat({ max: good.length - 1 }).map((length) => good.slice(0, length).split('.')[0] ?? ''),
    fc.constantFrom(
      '',
      '1',
      '2',
      '7',
      '-1',
      'DBAA',
      'DBABMA~',
      'DBABLA~BVVqAAAAAAA',
      '1YNN',
      '1---',
      '{{.GDPR}}',
    ),
  );
  const signals = fc.record({
    gdpr: fc.option(
      text.filter((word) => word !== '0'),
      { nil: undefined },
    ),
    gdprConsent: fc.option(text, { nil: undefined }),
    gpp: fc.option(text, { nil: undefined }),
    gppSid: fc.option(text, { nil: undefined }),
    usPrivacy: fc.option(text, { nil: undefined }),
    gpc: fc.boolean(),
  });

  it('never throws, and is never a yes where a yes is needed', () => {
    fc.assert(
      fc.property(signals, fc.constantFrom(GERMANY, NOWHERE), (some, place) => {
        expect(decide(some, place).yes).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('is never a withdrawal that nobody said', () => {
    fc.assert(
      fc.property(signals, fc.constantFrom(GERMANY, OREGON), (some, place) => {
        const decision = decide({ ...some, gpc: false, usPrivacy: undefined }, place);
        expect(!decision.yes && decision.withdrawal).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});
