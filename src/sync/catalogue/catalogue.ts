import { nearest } from '../../nearest.ts';
import type { Body } from '../../registry/kinds.ts';
import { adobe } from './adobe.ts';
import { criteo } from './criteo.ts';
import type { CatalogueEntry } from './entry.ts';
import { generic } from './generic.ts';
import { google } from './google.ts';
import { openx } from './openx.ts';
import { prebidServer } from './prebid-server.ts';
import { pubmatic } from './pubmatic.ts';
import { theTradeDesk } from './the-trade-desk.ts';
import { xandr, xandrHosted } from './xandr.ts';

/** The ready partners, in the order in which they are shown. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  theTradeDesk,
  xandr,
  xandrHosted,
  google,
  adobe,
  prebidServer,
  pubmatic,
  criteo,
  openx,
  generic,
];

export const catalogueEntry = (id: string): CatalogueEntry | undefined =>
  CATALOGUE.find((entry) => entry.id === id);

/** What an entry and its settings make. */
export interface FromCatalogue {
  readonly fields: Partial<Body<'partner'>>;
  /** What is wrong with the settings, each as `/path: what is wrong and what to do`; then there are no fields. */
  readonly problems: readonly string[];
}

/**
 * The fields of a partner made of an entry.
 *
 * @param id of the entry.
 * @param settings by name; all that are missing, wrong or none of the entry's are named.
 */
export function fromCatalogue(id: string, settings: Readonly<Record<string, string>>): FromCatalogue {
  const entry = catalogueEntry(id);
  if (entry === undefined) {
    const ids = CATALOGUE.map((each) => each.id);
    const meant = nearest(id, ids);
    const hint = meant === undefined ? `there are ${ids.join(', ')}` : `did you mean ${meant}?`;
    return { fields: {}, problems: [`/catalogue: there is no ${JSON.stringify(id)}; ${hint}`] };
  }
  const problems = settingProblems(entry, settings);
  if (problems.length > 0) return { fields: {}, problems };
  const { syncUrl, iframeUrl, redirectHosts = [], ...rest } = entry.partner;
  const image = inPlace(syncUrl, settings);
  const iframe = inPlace(iframeUrl, settings);
  const hosts = redirectHosts.flatMap((host) => inPlace(host, settings) ?? []);
  return {
    fields: {
      name: entry.name,
      ...(entry.gvl === undefined ? {} : { gvlId: entry.gvl.id }),
      ...rest,
      redirectHosts: hosts,
      ...(image === undefined ? {} : { syncUrl: image }),
      ...(iframe === undefined ? {} : { iframeUrl: iframe }),
      catalogue: entry.id,
      settings: { ...settings },
    },
    problems,
  };
}

function settingProblems(entry: CatalogueEntry, settings: Readonly<Record<string, string>>): string[] {
  const names = entry.settings.map((setting) => setting.name);
  const given = (name: string) => (Object.hasOwn(settings, name) ? settings[name] : undefined);
  // What need not be there is needed as soon as what it goes together with is there.
  const together = entry.settings.some(({ name, optional }) => optional && given(name) !== undefined);
  const wrong = entry.settings.flatMap(({ name, description, pattern, example, optional }) => {
    const value = given(name);
    if (value === undefined)
      return optional && !together
        ? []
        : [`/settings/${name}: is missing; it is ${description}, such as ${example}`];
    if (pattern.test(value)) return [];
    return [
      `/settings/${name}: ${JSON.stringify(value)} cannot be it; it is ${description}, such as ${example}`,
    ];
  });
  const unknown = Object.keys(settings)
    .filter((name) => !names.includes(name))
    .map((name) => `/settings/${name}: ${entry.id} has no such setting; ${hintFor(name, names)}`);
  return [...wrong, ...unknown];
}

function hintFor(name: string, names: readonly string[]): string {
  const meant = nearest(name, names);
  if (meant !== undefined) return `did you mean ${meant}?`;
  return names.length === 0 ? 'it needs none' : `it has ${names.join(', ')}`;
}

/** @returns undefined where a setting that the text names was not given. */
function inPlace(text: string | undefined, settings: Readonly<Record<string, string>>): string | undefined {
  const missing = [...(text ?? '').matchAll(PLACE)].some(([, name]) => !Object.hasOwn(settings, name!));
  return missing ? undefined : text?.replace(PLACE, (_, name: string) => settings[name]!);
}

const PLACE = /<([a-z]+)>/g;
