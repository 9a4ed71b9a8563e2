import { type CatalogueEntry, GVL_17, NAME } from './entry.ts';

/** Both ways: Google keeps our id (google_hm), and comes back with its own (google_gid). */
export const google: CatalogueEntry = {
  id: 'google',
  name: 'Google',
  source: "Second-hand: descriptions of Google's cookie matching by tag managers and its users.",
  gvl: { id: 755, source: GVL_17 },
  settings: [
    {
      name: 'nid',
      description: 'your cookie matching network id (google_nid), from your account manager',
      pattern: NAME,
      example: 'example_dmp',
    },
  ],
  partner: {
    syncUrl:
      'https://cm.g.doubleclick.net/pixel?google_nid=<nid>&google_cm&google_hm=$UID&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}',
    redirectHosts: ['cm.g.doubleclick.net'],
    idEncoding: 'base64url',
    uidParameter: 'google_gid',
    errorParameter: 'google_error',
    echoParameters: ['google_push'],
  },
  notes: [
    'Give Google PUBLIC_URL/setuid?bidder=<id> as the cookie matching URL; it adds google_gid, or google_error.',
    'Give it PUBLIC_URL/sync/<id> as the pixel matching URL; google_push goes back to Google as it came.',
  ],
};
