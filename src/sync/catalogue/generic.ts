import { type CatalogueEntry, HOST, NAME } from './entry.ts';

/** A partner who takes the privacy strings under their usual names, our id, and a URL to come back to. */
export const generic: CatalogueEntry = {
  id: 'generic',
  name: 'Any partner',
  source: 'The names that most partners use for the privacy strings (IAB: TCF, US Privacy, GPP).',
  settings: [
    {
      name: 'host',
      description: 'the host that the partner syncs at, with a port where it has one',
      pattern: HOST,
      example: 'sync.example.com',
    },
    {
      name: 'path',
      description: 'the path there, beginning with a slash',
      pattern: /^(\/[A-Za-z0-9_.~-]{0,64}){1,8}$/,
      example: '/match',
    },
    {
      name: 'uid',
      description: 'the parameter in which the partner takes our id',
      pattern: NAME,
      example: 'puid',
    },
    {
      name: 'redirect',
      description: 'the parameter in which it takes the URL to come back to',
      pattern: NAME,
      example: 'redir',
    },
  ],
  partner: {
    syncUrl:
      'https://<host><path>?<uid>=$UID&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&us_privacy={{.USPrivacy}}&gpp={{.GPP}}&gpp_sid={{.GPPSID}}&<redirect>={{.RedirectURL}}',
  },
  notes: [
    'Set gvlId to its vendor id: without it nothing is sent where TCF applies.',
    'Set uidMacro to what it replaces by its own id, where that is not $UID.',
  ],
};
