// biome-ignore-all lint/suspicious/noTemplateCurlyInString: partners write their macros so.
import { type CatalogueEntry, GVL_17, NUMBER } from './entry.ts';

/** Both ways: Adobe keeps our id (dpuuid), and comes back with its own. */
export const adobe: CatalogueEntry = {
  id: 'adobe',
  name: 'Adobe Audience Manager',
  source: "Adobe's documentation, “ID Synchronization for Inbound Data Transfers”.",
  gvl: { id: 565, source: GVL_17 },
  settings: [
    {
      name: 'dpid',
      description: 'your data provider id (DPID), a number that Adobe gives out',
      pattern: NUMBER,
      example: '411',
    },
  ],
  partner: {
    syncUrl:
      'https://dpm.demdex.net/ibs:dpid=<dpid>&dpuuid=$UID&gdpr={{.GDPR}}&gdpr_consent={{.GDPRConsent}}&redir={{.RedirectURL}}',
    redirectHosts: ['dpm.demdex.net'],
    uidMacro: '${DD_UUID}',
  },
  notes: [],
};
