import { DEVICE_TYPES } from '../collect/device-id.ts';
import { type Body, type Item, KINDS } from '../registry/kinds.ts';
import { fromCatalogue } from '../sync/catalogue/catalogue.ts';
import type { CatalogueEntry } from '../sync/catalogue/entry.ts';
import { SyncUrl, syncUrlProblems } from '../sync/sync-url.ts';
import { refuse } from './refuse.ts';

/** Sources of links and kinds of ids, which a partner's id stands beside; and the path of the catalogue. */
const RESERVED = new Set<string>(['visitor', 'first_party', 'household', 'catalogue', ...DEVICE_TYPES]);

/** @returns whether an id cannot be a partner's, because it means something else where it would be used. */
export const isReserved = (id: string): boolean => RESERVED.has(id);

const partnerFields = KINDS.partner.shape;

/** What makes a partner: a name may come from the catalogue, and a default would stand over what it says. */
export const firstPartner = KINDS.partner.extend({
  name: partnerFields.name.optional(),
  redirectHosts: partnerFields.redirectHosts.unwrap().optional(),
  freshDays: partnerFields.freshDays.unwrap().optional(),
  idEncoding: partnerFields.idEncoding.unwrap().optional(),
  uidMacro: partnerFields.uidMacro.unwrap().optional(),
  uidParameter: partnerFields.uidParameter.unwrap().optional(),
  echoParameters: partnerFields.echoParameters.unwrap().optional(),
  priority: partnerFields.priority.unwrap().optional(),
});

/**
 * A partner made of what was given, on top of an entry of the catalogue where one is named.
 *
 * @param given as {@link firstPartner} reads it.
 * @returns what is stored, and an entry's own id where it can be the partner's.
 * @throws ApiError `invalid` with everything that is missing or wrong in the settings.
 */
export function makePartner(given: Record<string, unknown>): { body: Body<'partner'>; id?: string } {
  const { catalogue, settings, ...fields } = given as Partial<Body<'partner'>>;
  if (catalogue === undefined) {
    refuse([
      ...(fields.name === undefined
        ? ['/name: is missing; it is needed unless catalogue names an entry']
        : []),
      ...(settings === undefined ? [] : ['/settings: are those of an entry of the catalogue; add catalogue']),
    ]);
    return { body: KINDS.partner.parse(fields) };
  }
  const made = fromCatalogue(catalogue, settings ?? {});
  refuse(made.problems);
  const body = KINDS.partner.parse({ ...made.fields, ...fields });
  return isReserved(catalogue) ? { body } : { body, id: catalogue };
}

const URLS = [
  ['syncUrl', 'image'],
  ['iframeUrl', 'iframe'],
] as const;

/** @returns what keeps the partner's URLs from being used, each as `/field: what`. */
export const partnerProblems = (partner: Body<'partner'>): string[] =>
  URLS.flatMap(([field, type]) =>
    partner[field] === undefined
      ? []
      : syncUrlProblems(partner[field], type, partner).map(({ message }) => `/${field}: ${message}`),
  );

/**
 * A partner's vendor id stays what it is once it is set: consent is stored as the ids of the partners that it was
 * given to, so under another number what was said to one vendor would go to the next. That is also why nobody gets
 * the id of a partner that was deleted.
 *
 * One that was not set may be set, and nothing stored has to be forgotten for it: where TCF applies nobody was ever
 * stored as consenting to a partner without a vendor id, so each of these is asked anew by being seen again, and
 * where TCF does not apply no vendor was asked about.
 *
 * @returns what keeps the change from being made, as `/field: what`.
 */
export function vendorProblems(before: Body<'partner'>, after: Body<'partner'>): string[] {
  if (before.gvlId === undefined || after.gvlId === before.gvlId) return [];
  const other = after.gvlId === undefined ? 'one without a vendor id' : `vendor ${after.gvlId}`;
  return [
    `/gvlId: is ${before.gvlId} and stays so, because visitors' stored consent was given to that vendor; register a new partner, under another id, for ${other}`,
  ];
}

const DEFAULT_UID_PARAMETER = KINDS.partner.shape.uidParameter.parse(undefined);

/** Who keeps a match when the partner's URLs are followed; null = there is none to follow. */
export function matchKeptBy(partner: Item<'partner'>): 'us' | 'partner' | 'both' | null {
  const urls = URLS.flatMap(([field, type]) => SyncUrl.ifUsable(partner[field], type, partner) ?? []);
  // A partner with a parameter of its own comes back at an address that was agreed, as Google does.
  const agreed = urls.length > 0 && partner.uidParameter !== DEFAULT_UID_PARAMETER;
  const us = agreed || urls.some((url) => url.returns);
  const them = urls.some((url) => url.needsVisitor);
  return us && them ? 'both' : us ? 'us' : them ? 'partner' : null;
}

/** An entry as it is shown. */
export const catalogueItem = ({ id, name, source, gvl, settings, partner, notes }: CatalogueEntry) => ({
  id,
  name,
  gvlId: gvl?.id,
  gvlSource: gvl?.source,
  source,
  settings: settings.map(({ name, description, pattern, example, optional = false }) => ({
    name,
    description,
    pattern: pattern.source,
    example,
    optional,
  })),
  partner,
  notes,
});
