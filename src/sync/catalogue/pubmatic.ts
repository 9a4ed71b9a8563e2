import { BIDDER_INFO, type CatalogueEntry, NUMBER } from './entry.ts';

/** We keep the match. As an image PubMatic fills a macro; in a frame it appends its id to the redirect URL. */
export const pubmatic: CatalogueEntry = {
  id: 'pubmatic',
  name: 'PubMatic',
  source: "Prebid Server's description of the bidder, which PubMatic maintains.",
  gvl: { id: 76, source: BIDDER_INFO },
  settings: [
    {
      name: 'p',
      description: 'your publisher or partner id at PubMatic, a number',
      pattern: NUMBER,
      example: '159706',
    },
  ],
  partner: {
    syncUrl:
      'https://image8.pubmatic.com/AdServer/ImgSync?p=<p>&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&us_privacy={{.USPrivacy}}&pu={{.RedirectURL}}',
    iframeUrl:
      'https://ads.pubmatic.com/AdServer/js/user_sync.html?gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&us_privacy={{.USPrivacy}}&predirect={{.RedirectURL}}',
    redirectHosts: ['image8.pubmatic.com', 'ads.pubmatic.com'],
    uidMacro: '#PMUID',
    iframeUidMacro: '',
  },
  notes: [],
};
