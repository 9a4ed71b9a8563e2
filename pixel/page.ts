/** Parameters of `/p.gif` by name; an empty one is not sent. */
export type Parameters = Record<string, unknown>;

/** What is said of an event instead of what the page's markup says; the rest are custom properties. */
export interface Props {
  url?: unknown;
  referrer?: unknown;
  title?: string;
  categories?: string | readonly string[];
  keywords?: string | readonly string[];
  campaign?: string;
  creative?: string;
  [custom: string]: unknown;
}

/** The tag's own element; its `src` is at the collector. */
export const script = document.currentScript as HTMLScriptElement;
/** What that element says: `site`, `vendor`, `categories`, `keywords`. */
export const labels = script.dataset;

/**
 * Address of the page as the visitor has it; a fragment is a place in it and no other page. A query too long to
 * be sent is left out, and never cut: half a campaign's tag reads as another campaign.
 */
export const address = () => location.href.split(/#|\?.{4000}/)[0]!;

/** The canonical address that the markup names. */
export const canonical = () => said('link[rel=canonical]')[0];

/**
 * What a hit says of its page: `u`, `r`, `t`, `c`, `k`, `tz`, and of its event: `ca`, `cr`, `p`; what can best be
 * spared stands last.
 *
 * @param props `url` and `referrer` of the page, and what replaces its markup. Custom ones that are no text, number
 *   or boolean are left out.
 */
export const describePage = ({
  url,
  referrer,
  title,
  categories,
  keywords,
  campaign,
  creative,
  ...custom
}: Props): Parameters => ({
  u: url,
  tz: -new Date().getTimezoneOffset(),
  ca: campaign,
  cr: creative,
  p: JSON.stringify(custom, (name, value) => (name && typeof value === 'object' ? undefined : value)),
  r: referrer,
  t: title || document.title,
  c: categories || [labels.categories, ...said('meta[property="article:section"]')],
  k: keywords || [
    labels.keywords,
    ...said('meta[name=keywords i]'),
    ...said('meta[property="og:type"]', 'og:'),
  ],
});

/** What `<meta>` and `<link>` elements say, each after the prefix. */
const said = (selector: string, prefix = '') =>
  [...document.querySelectorAll<HTMLMetaElement & HTMLLinkElement>(selector)].map(
    (element) => prefix + (element.content ?? element.href),
  );
