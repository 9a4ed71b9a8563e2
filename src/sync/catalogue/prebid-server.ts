import { type CatalogueEntry, HOST, NAME } from './entry.ts';

/** A Prebid Server as neighbour: it keeps our id, and hands it to its adapter in auctions. */
export const prebidServer: CatalogueEntry = {
  id: 'prebid-server',
  name: 'Prebid Server',
  source: "Prebid's documentation, “Prebid Server | Endpoints | /setuid”.",
  settings: [
    {
      name: 'host',
      description: 'where that Prebid Server is, a host name, with a port where it has one',
      pattern: HOST,
      example: 'prebid.example.com',
    },
    {
      name: 'bidder',
      description: 'the key under which it syncs you, as its configuration has it',
      pattern: NAME,
      example: 'ninety',
    },
  ],
  partner: {
    syncUrl:
      'https://<host>/setuid?bidder=<bidder>&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&us_privacy={{.USPrivacy}}&gpp={{.GPP}}&gpp_sid={{.GPPSID}}&f=i&uid=$UID',
  },
  notes: [
    'Set gvlId to the vendor id of who runs that Prebid Server: without it nothing is sent where TCF applies.',
    'Browsers ask its /cookie_sync for themselves; that is between them.',
  ],
};
