import { GppModel, Sections, UsNat } from '@iabgpp/cmpapi';
import { sectionIdsIn } from './gpp-header.ts';
import { MAX_CONSENT_LENGTH } from './tcf.ts';
import { readUsPrivacy, type UsPrivacy } from './us-privacy.ts';

/** Id of the section that holds a TC string of the European TCF. */
export const TCF_EU_SECTION = 2;
const TCF_CA_SECTION = 5;
const US_PRIVACY = 6;
/** `usnat`; the states follow. */
const US_FIRST = 7;

/** Characters of one US section; the longest has 15 and a subsection, and 8,000 took the library 2.7 ms. */
const MAX_US_SECTION_LENGTH = 128;

/** What the sections in force of a GPP string say. */
export interface GppReading {
  /** The TC string of section 2. */
  readonly tcString: string | undefined;
  /** Section 5 as it is: the Canadian TCF. */
  readonly caString: string | undefined;
  /** Of all US sections in force together, an opt-out before all else; undefined = none is in force. */
  readonly us: UsPrivacy | undefined;
  /** The string, or a section in force, cannot be read. */
  readonly unreadable: boolean;
}

const UNREADABLE: GppReading = {
  tcString: undefined,
  caString: undefined,
  us: undefined,
  unreadable: true,
};

/**
 * The section ids that a `gpp_sid` says are in force (IAB Tech Lab, GPP, "applicableSections": 0 = not known,
 * -1 = none). The standard wants two at most; where a CMP names more, each of them is taken at its word.
 *
 * @returns undefined where it says nothing usable, so that every section of the string counts.
 */
export function readGppSid(text: string | undefined): ReadonlySet<number> | undefined {
  if (text === undefined || !/^(-1|\d{1,3})(,(-1|\d{1,3}))*$/.test(text)) return undefined;
  const ids = new Set(text.split(',').map(Number));
  if (ids.has(0)) return undefined;
  ids.delete(-1);
  return ids;
}

/**
 * Reads a GPP string (IAB Tech Lab, Global Privacy Platform): section 2 (TCF EU), 5 (TCF Canada), 6 (US Privacy) and the US
 * sections from 7. A section in force that is none of these cannot be understood and makes the string
 * unreadable; one that is not in force is not looked at.
 *
 * @param text the string as it came; past {@link MAX_CONSENT_LENGTH} it is unreadable.
 * @param inForce from {@link readGppSid}.
 * @returns never throws.
 */
export function readGpp(text: string, inForce: ReadonlySet<number> | undefined): GppReading {
  if (text.length > MAX_CONSENT_LENGTH) return UNREADABLE;
  const [header = '', ...sections] = text.split('~');
  const ids = sectionIdsIn(header);
  if (ids === undefined || ids.length !== sections.length) return UNREADABLE;
  let tcString: string | undefined;
  let caString: string | undefined;
  let us: UsPrivacy | undefined;
  let unreadable = false;
  for (const [index, id] of ids.entries()) {
    if (inForce !== undefined && !inForce.has(id)) continue;
    const section = sections[index] ?? '';
    if (id === TCF_EU_SECTION) {
      tcString = section;
      continue;
    }
    if (id === TCF_CA_SECTION) {
      caString = section;
      continue;
    }
    const said = readUsSection(id, section);
    if (said === 'unreadable') unreadable = true;
    us = us === 'opted_out' ? us : said;
  }
  return { tcString, caString, us, unreadable };
}

function readUsSection(id: number, section: string): UsPrivacy {
  if (id === US_PRIVACY) return readUsPrivacy(section);
  const name = id >= US_FIRST ? Sections.SECTION_ID_NAME_MAP.get(id) : undefined;
  if (name === undefined || section === '' || section.length > MAX_US_SECTION_LENGTH) return 'unreadable';
  try {
    const model = new GppModel();
    model.decodeSection(name, section);
    return readUsFields(model, name);
  } catch {
    return 'unreadable';
  }
}

/** 0 = does not apply, 1 = opted out, 2 = did not opt out; 3 is nothing. */
const OPT_OUTS = ['SaleOptOut', 'SharingOptOut', 'TargetedAdvertisingOptOut'];
const OPTED_OUT = 1;
const DID_NOT_OPT_OUT = 2;

function readUsFields(model: GppModel, name: string): UsPrivacy {
  const versionField = model.hasField(name, 'MspaVersion') ? 'MspaVersion' : 'Version';
  const version: unknown = model.getFieldValue(name, versionField);
  if (version !== 1 && !(name === UsNat.NAME && version === 2)) return 'unreadable';
  const said: unknown[] = OPT_OUTS.filter((field) => model.hasField(name, field)).map((field) =>
    model.getFieldValue(name, field),
  );
  if (said.includes(OPTED_OUT)) return 'opted_out';
  if (model.hasField(name, 'Gpc') && model.getFieldValue(name, 'Gpc') === true) return 'opted_out';
  return said.every((value) => value === 0 || value === DID_NOT_OPT_OUT) ? 'no_opt_out' : 'unreadable';
}
