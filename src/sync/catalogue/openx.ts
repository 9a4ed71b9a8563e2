// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import { type CatalogueEntry, GVL_17 } from './entry.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** We keep the match, by one macro in an image and another in a frame. */
export const openx: CatalogueEntry = {
  id: 'openx',
  name: 'OpenX',
  source: "Prebid Server's description of the bidder, which OpenX maintains.",
  gvl: { id: 69, source: GVL_17 },
  settings: [
    {
      name: 'id',
      description: 'id of your sync set-up at OpenX, a UUID; for frames, together with ph',
      pattern: UUID,
      example: '891039ac-a916-42bb-a651-4be9e3b201da',
      optional: true,
    },
    {
      name: 'ph',
      description: 'your platform hash at OpenX, a UUID; for frames, together with id',
      pattern: UUID,
      example: 'a3aece0c-9e80-4316-8deb-faf804779bd1',
      optional: true,
    },
  ],
  partner: {
    syncUrl:
      'https://rtb.openx.net/sync/prebid?gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&r={{.RedirectURL}}',
    iframeUrl:
      'https://u.openx.net/w/1.0/cm?id=<id>&ph=<ph>&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&r={{.RedirectURL}}',
    redirectHosts: ['rtb.openx.net', 'u.openx.net'],
    uidMacro: '${UID}',
    iframeUidMacro: '{OPENX_ID}',
  },
  notes: [],
};
