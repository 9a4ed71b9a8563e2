import { scrubText } from './scrub.ts';
import { type Source, sourceOfHost } from './sources.ts';

/** What the tags in a page's address say of how the visitor was led there. */
export interface Tags {
  /** `utm_campaign`, scrubbed; empty where there is none. */
  readonly campaign: string;
  /** Empty where the address has no tags. */
  readonly source: Source | '';
}

const NONE: Tags = { campaign: '', source: '' };
/** Code points of a campaign's or creative's name. */
export const MAX_NAME = 100;

const UTM = ['utm_source', 'utm_medium', 'utm_campaign', 'utm_content', 'utm_term', 'utm_id'] as const;
/** Put into the address by the ad servers themselves, for clicks on ads alone; `fbclid` is on every link out of Facebook. */
const PAID_CLICK = ['gclid', 'gbraid', 'wbraid', 'dclid', 'msclkid', 'yclid', 'ttclid', 'twclid'] as const;

const PAID =
  /^(?:cp[acelmv]|ppc|cpp|pp[lv]|paid.{0,40}|.{0,40}paid|display.{0,20}|banners?|ads?|adwords|programmatic|rtb|retargeting|remarketing|sem|affiliates?|sponsored|native|(?:native|video|audio)ads?|interstitial|ctv)$/;
const EMAIL =
  /^(?:mail|mailings?|.{0,40}emails?|emailings?|email(?:marketing|campaign)|.{0,40}newsletters?|mailchimp|klaviyo|brevo|sendinblue|sendgrid|mailjet|substack)$/;
const SOCIAL = /^(?:organic)?(?:social(?:media|network|post|organic)?|sm)$/;
const SOCIAL_NAMES = new Set(
  'facebook fb meta instagram ig insta threads twitter x linkedin pinterest reddit tiktok snapchat youtube whatsapp telegram discord vk vkontakte odnoklassniki ok weibo wechat line xing tumblr mastodon bluesky bsky quora nextdoor'.split(
    ' ',
  ),
);

/**
 * Reads the utm tags and ad clicks of a page's address: the medium says most, then the source's name. What is
 * tagged in any other way is a campaign, because somebody took the trouble to tag it.
 *
 * @param url the page's address as it came, one that can be read.
 */
export function readTags(url: string): Tags {
  const query = /^[^?#]*\?([^#]*)/.exec(url)?.[1];
  if (query === undefined || query === '') return NONE;
  const parameters = new URLSearchParams(query);
  const isTagged = UTM.some((name) => (parameters.get(name) ?? '') !== '');
  if (!isTagged) {
    if (PAID_CLICK.some((name) => (parameters.get(name) ?? '') !== ''))
      return { campaign: '', source: 'campaign' };
    return parameters.has('fbclid') ? { campaign: '', source: 'social' } : NONE;
  }
  return {
    campaign: scrubText(parameters.get('utm_campaign') ?? '', MAX_NAME),
    source: sourceOf(folded(parameters.get('utm_medium')), folded(parameters.get('utm_source'))),
  };
}

const folded = (value: string | null) =>
  (value ?? '')
    .slice(0, MAX_NAME)
    .toLowerCase()
    .replace(/[\s_+-]+/g, '');

function sourceOf(medium: string, name: string): Source {
  if (PAID.test(medium)) return 'campaign';
  if (EMAIL.test(medium)) return 'email';
  if (SOCIAL.test(medium)) return 'social';
  if (medium === 'organic') return 'search';
  if (medium === 'referral') return 'referral';
  if (SOCIAL_NAMES.has(name)) return 'social';
  if (EMAIL.test(name)) return 'email';
  const kind = sourceOfHost(name);
  return kind === undefined || kind === 'search' ? 'campaign' : kind;
}
