/** A way of putting the tag on a page. */
export interface TagForm {
  readonly name: string;
  readonly about: string;
  /** @param origin where browsers reach this server, without a slash at its end. @param key the site's. */
  readonly text: (origin: string, key: string) => string;
}

export const TAG_FORMS: readonly TagForm[] = [
  {
    name: 'Script',
    about:
      'Into the head of every page. It reports page views and attention, and listens to the consent platform.',
    text: (origin, key) => `<script async src="${origin}/tag.js" data-site="${key}"></script>`,
  },
  {
    name: 'Tag manager',
    about: 'As a custom HTML tag, where the manager strips attributes of scripts.',
    text: (origin, key) => `<script>
  var s = document.createElement('script');
  s.async = true;
  s.src = '${origin}/tag.js';
  s.dataset.site = '${key}';
  document.head.appendChild(s);
</script>`,
  },
  {
    name: 'Image',
    about: 'Where no script may run. The page’s address comes with the Referer header.',
    text: (origin, key) =>
      `<img src="${origin}/p.gif?s=${key}" referrerpolicy="no-referrer-when-downgrade" width="1" height="1" alt="">`,
  },
  {
    name: 'AMP',
    about: 'On AMP pages, with amp-consent.',
    text: (origin, key) => `<amp-analytics data-block-on-consent>
  <script type="application/json">
    {
      "requests": { "view": "${origin}/p.gif?s=${key}&u=\${canonicalUrl}&r=\${documentReferrer}&t=\${title}&fid=\${clientId(_n90)}&gdpr_consent=\${consentString}" },
      "triggers": { "view": { "on": "visible", "request": "view" } },
      "transport": { "beacon": false, "xhrpost": false, "image": true }
    }
  </script>
</amp-analytics>`,
  },
  {
    name: 'Event',
    about: 'On a page with the script: something of your own that happened.',
    text: () => `window.ninety('event', 'signup', { plan: 'free' });`,
  },
  {
    name: 'Server',
    about: 'From a server, with a key of scope collect.',
    text: (origin, key) => `curl -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
  -d '[{"site":"${key}","url":"https://www.example.com/","ip":"203.0.113.7","userAgent":"…"}]' \\
  ${origin}/v1/hits`,
  },
];
