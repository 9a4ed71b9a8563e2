import { type CatalogueEntry, GVL_17, NAME } from './entry.ts';

export const theTradeDesk: CatalogueEntry = {
  id: 'thetradedesk',
  name: 'The Trade Desk',
  source: "Second-hand: pixels of The Trade Desk's partners in public pages and tag managers.",
  gvl: { id: 21, source: GVL_17 },
  settings: [
    {
      name: 'pid',
      description: 'your partner id (ttd_pid), from your contact at The Trade Desk',
      pattern: NAME,
      example: 'abc1234',
    },
  ],
  partner: {
    syncUrl:
      'https://match.adsrvr.org/track/cmf/generic?ttd_pid=<pid>&ttd_tpi=1&ttd_puid=$UID&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}',
    redirectHosts: ['match.adsrvr.org'],
  },
  notes: ['The Trade Desk keeps the match: it knows your visitors by the ids of members?as=visitor.'],
};
