// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import { BIDDER_INFO, type CatalogueEntry, NUMBER } from './entry.ts';

/** We keep the match. Criteo calls the consent string `gdpr` and whether it applies `gdprapplies`. */
export const criteo: CatalogueEntry = {
  id: 'criteo',
  name: 'Criteo',
  source: "Prebid Server's description of the bidder, which Criteo maintains.",
  gvl: { id: 91, source: BIDDER_INFO },
  settings: [
    {
      name: 'profile',
      description: 'the profile that Criteo has set up for you, a number (230 is that of Prebid Servers)',
      pattern: NUMBER,
      example: '230',
    },
  ],
  partner: {
    syncUrl:
      'https://ssp-sync.criteo.com/user-sync/redirect?gdprapplies={{.GDPR}}&gdpr={{.GDPRConsent}}&ccpa={{.USPrivacy}}&redir={{.RedirectURL}}&profile=<profile>',
    iframeUrl:
      'https://ssp-sync.criteo.com/user-sync/iframe?gdprapplies={{.GDPR}}&gdpr={{.GDPRConsent}}&ccpa={{.USPrivacy}}&redir={{.RedirectURL}}&profile=<profile>',
    redirectHosts: ['ssp-sync.criteo.com'],
    uidMacro: '${CRITEO_USER_ID}',
  },
  notes: ['Criteo answers only hosts that it has been asked to.'],
};
