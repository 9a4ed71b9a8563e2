/** Parameters of `/p.gif` by name; an empty one is not sent. */
export type Parameters = Record<string, string | undefined>;

/** What a page may say of an event instead of what its own markup says. */
export interface Props {
  url?: string;
  title?: string;
  categories?: string | readonly string[];
  keywords?: string | readonly string[];
}

/**
 * Characters of a whole hit URL. nginx in front of the collector reads a request line of 8 kB by default,
 * method and protocol included, and answers a longer one itself, where no counter of ours sees it.
 */
const URL_LIMIT = 8000;

/**
 * What the page says about itself: `u`, `r`, `t`, `c`, `k` and `tz`.
 *
 * @param labels `data-categories` and `data-keywords` of the tag's own element.
 * @param props replace what the markup says; anything else in them has no place in a hit and is left out.
 */
export function describePage(labels: DOMStringMap, props: Props): Parameters {
  return {
    u: `${props.url || pageUrl()}`.replace(/#.*/, ''),
    r: document.referrer,
    t: `${props.title || document.title}`,
    c: list(props.categories || [labels.categories, ...metas('property="article:section"')]),
    k: list(props.keywords || [labels.keywords, ...metas('name=keywords i')]),
    tz: `${-new Date().getTimezoneOffset()}`,
  };
}

/** The canonical address where it is one of this origin; a foreign one names a page the visitor is not on. */
function pageUrl(): string {
  const canonical = document.querySelector<HTMLLinkElement>('link[rel~=canonical]');
  return canonical?.href.startsWith(`${location.origin}/`) ? canonical.href : location.href;
}

function metas(which: string): string[] {
  return Array.from(document.querySelectorAll<HTMLMetaElement>(`meta[${which}]`), (meta) => meta.content);
}

function list(entries: string | readonly (string | undefined)[]): string {
  const names = `${entries}`.split(',').map((name) => name.trim());
  return names.filter(Boolean).join();
}

/**
 * The address of a hit, at most {@link URL_LIMIT} characters as long as shorter lists, a shorter title and
 * addresses without their query can bring it there; beyond that it goes as it is, and the collector names what
 * is wrong with it. A consent signal is never cut: it would say something else.
 *
 * @param endpoint address of `/p.gif`.
 * @param parameters shortened in place.
 */
export function hitUrl(endpoint: string, parameters: Parameters): string {
  let url = compose(endpoint, parameters);
  for (const name of 'kctru') {
    while (url.length > URL_LIMIT) {
      const value = parameters[name] || '';
      const cut = 'ru'.includes(name)
        ? value.replace(/\?.*/, '')
        : value.slice(0, value.length * 0.75).replace(/,[^,]*$/, '');
      if (cut === value) break;
      parameters[name] = cut;
      url = compose(endpoint, parameters);
    }
  }
  return url;
}

function compose(endpoint: string, parameters: Parameters): string {
  const given = Object.entries(parameters).filter(([, value]) => value) as [string, string][];
  // URLSearchParams, because encodeURIComponent throws at half a surrogate pair, which a cut title may end in.
  return `${endpoint}?${new URLSearchParams(given)}`.replace(/\+/g, '%20');
}
