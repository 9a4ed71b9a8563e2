import { type CatalogueEntry, GVL_17, NUMBER } from './entry.ts';

const HOSTS = ['ib.adnxs.com', 'secure.adnxs.com'];
const SOURCE =
  "Microsoft's documentation of Xandr, “User ID mapping with getUID and mapUID”, and “Synchronize your user IDs” for the privacy parameters.";

/** We keep the match: getUID takes the redirect URL as its whole query. */
export const xandr: CatalogueEntry = {
  id: 'xandr',
  name: 'Xandr',
  source: SOURCE,
  gvl: { id: 32, source: GVL_17 },
  settings: [],
  partner: {
    syncUrl: 'https://ib.adnxs.com/getuid?{{.RedirectURL}}',
    redirectHosts: HOSTS,
    uidMacro: '$UID',
  },
  notes: [],
};

/** Xandr keeps the match, for about two and a half weeks. */
export const xandrHosted: CatalogueEntry = {
  id: 'xandr-hosted',
  name: 'Xandr (match kept by Xandr)',
  source: SOURCE,
  gvl: { id: 32, source: GVL_17 },
  settings: [
    {
      name: 'member',
      description: 'your member id at Xandr, a number',
      pattern: NUMBER,
      example: '958',
    },
  ],
  partner: {
    syncUrl:
      'https://ib.adnxs.com/mapuid?member=<member>&user=$UID&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}',
    redirectHosts: HOSTS,
    freshDays: 14,
  },
  notes: ['Xandr keeps the match: it knows your visitors by the ids of members?as=visitor.'],
};
