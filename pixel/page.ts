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

const script = document.currentScript as HTMLScriptElement;
/** What the tag's own element says: `site`, `vendor`, `categories`, `keywords`. */
export const labels = script.dataset;
export const endpoint = new URL('/p.gif', script.src);

/** Address of the page as the visitor has it; a fragment is a place in it and no other page. */
export const address = () => location.href.split('#')[0]!;

/** The canonical address that the markup names. */
export const canonical = () => document.querySelector<HTMLLinkElement>('link[rel=canonical]')?.href;

/**
 * What a hit says of its page: `u`, `r`, `t`, `c`, `k`, `tz`, and of its event: `ca`, `cr`, `p`; what can best be
 * spared stands last.
 *
 * @param props `url` and `referrer` of the page, and what replaces its markup. Custom ones that are no text, number or boolean are left out.
 */
export function describePage(props: Props): Parameters {
  const { url: u, referrer: r, title, categories, keywords, campaign, creative, ...custom } = props;
  return {
    u,
    tz: -new Date().getTimezoneOffset(),
    ca: campaign,
    cr: creative,
    p: JSON.stringify(custom, (name, value) => (name && typeof value === 'object' ? undefined : value)),
    r,
    t: title || document.title,
    c: categories || [labels.categories, ...metas('property="article:section"')],
    k: keywords || [labels.keywords, ...metas('name=keywords i'), ...metas('property="og:type"', 'og:')],
  };
}

const metas = (which: string, prefix = '') =>
  [...document.querySelectorAll<HTMLMetaElement>(`meta[${which}]`)].map((meta) => prefix + meta.content);
