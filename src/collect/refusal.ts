/**
 * Why something is not stored, not synced or not matched: the closed list, each with a sentence for a
 * person. A refusal is counted under its name wherever it happens (`ninety_refused_total{reason}`).
 */
export const REFUSALS = {
  unknown_site: 'The site key is missing or belongs to no site.',
  bad_request: 'The request line or its parameters cannot be read.',
  bad_json: 'The body is not JSON, or an item in it is not an object.',
  bad_field: 'A field has a value it cannot have.',
  too_many_hits: 'The request holds more hits than one request may.',
  body_too_large: 'The body is larger than one request may be.',
  request_too_long: 'The request line is longer than 16 kB.',
  url_missing: 'Neither a page URL nor a Referer header came with the hit.',
  bad_url: 'The page URL is no http or https URL.',
  url_too_long: 'The page URL is longer than a page address can be.',
  future: 'The hit says it happened later than now.',
  expired: 'The hit happened before the retention; it would be deleted at once.',
  not_allowed: 'Time, address or browser were given without a key that allows it.',
  bot: 'The user agent is a crawler or a tool, not a person.',
  asset: 'The line is for a file that is no page.',
  not_a_page_view: 'The line is no successful GET of a page.',
  malformed: 'The line cannot be read as a log line.',
  bad_device_id: 'The device id does not have the form of its type.',
  zero_device_id: 'The device id is all zeros: ad tracking is limited on that device.',
  opted_out: 'This browser has opted out.',
  sale_opt_out: 'The visitor opted out of sale or sharing (GPC, US Privacy or GPP).',
  consent_missing: 'The law of the visitor’s region wants a yes, and no signal came.',
  consent_unreadable: 'The consent string cannot be read.',
  consent_too_long: 'The consent string is longer than 8 kB.',
  consent_from_future: 'The consent string says it was made in the future.',
  no_vendor_id: 'gdpr=1, and NINETY_GVL_ID is not set: nobody can have consented to us.',
  no_vendor_consent: 'The visitor gave no consent to this vendor.',
  no_purpose_store: 'No consent to store or read on the device (purpose 1).',
  no_purpose_profile: 'No consent to build a profile (purpose 3).',
  country_unknown: 'The country of the address is not known, so a yes is needed, and none came.',
  no_id: 'The hit has no cookie, device id or first-party id, and none could be given.',
  journal_full: 'The journal has reached its quota; try again later.',
  journal_failed: 'The journal could not be written; try again later.',
  unknown_partner: 'No partner is registered under that name.',
  bad_uid: 'The partner’s id is too long or holds characters that no id has.',
  no_cookie: 'The browser sent no visitor cookie of ours, or one that we did not make.',
} as const;

export type Refusal = keyof typeof REFUSALS;
