import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_URL_LENGTH, type ScrubbedUrl, scrubText, scrubUrl } from './scrub.ts';

const scrubbed = (url: string): ScrubbedUrl => {
  const result = scrubUrl(url);
  if (typeof result === 'string') throw new Error(`${url} was refused as ${result}`);
  return result;
};
const pathOf = (path: string) => scrubbed(`https://example.com${path}`).path;

describe('scrubUrl', () => {
  it.each([
    [
      'user info and fragment go, the host is lower case, the port stays in the URL',
      'https://joe:secret@Example.COM:8080/News/?q=1#top',
      { url: 'https://example.com:8080/News/', path: '/News/', host: 'example.com' },
    ],
    [
      'of the query the utm tags stay, in one order, scrubbed',
      'https://example.com/?utm_term=it%27s+a%26b&email=joe@example.com&utm_source=joe%40example.com&utm_id=7',
      {
        url: 'https://example.com/?utm_source=[email]&utm_term=it%27s%20a%26b',
        path: '/',
        host: 'example.com',
      },
    ],
    [
      'a utm value is cut at a hundred characters',
      `http://example.com/?utm_campaign=${'ab '.repeat(60)}`,
      {
        url: `http://example.com/?utm_campaign=${'ab '.repeat(60).slice(0, 100).replaceAll(' ', '%20')}`,
        path: '/',
        host: 'example.com',
      },
    ],
    [
      'a host in another alphabet is the one the resolver asks for, without a dot at its end',
      'http://BÜCHER.example./',
      { url: 'http://xn--bcher-kva.example./', path: '/', host: 'xn--bcher-kva.example' },
    ],
    [
      'Latin-1 escapes of an old page stay as they are',
      'http://example.com/caf%E9/men%FA',
      { url: 'http://example.com/caf%E9/men%FA', path: '/caf%E9/men%FA', host: 'example.com' },
    ],
  ])('%s', (_sentence, url, expected) => {
    expect(scrubUrl(url)).toEqual(expected);
  });

  it.each([
    ['', 'bad_url'],
    ['/relative/path', 'bad_url'],
    ['javascript:alert(1)', 'bad_url'],
    ['file:///etc/passwd', 'bad_url'],
    ['android-app://com.example/', 'bad_url'],
    ['http://', 'bad_url'],
    ['http://[::1', 'bad_url'],
    ['mailto:joe@example.com', 'bad_url'],
    [`http://example.com/${'a'.repeat(MAX_URL_LENGTH)}`, 'url_too_long'],
  ])('refuses %.40s as %s', (url, reason) => {
    expect(scrubUrl(url)).toBe(reason);
  });

  it('takes a URL of exactly the longest length', () => {
    const url = 'http://example.com/'.padEnd(MAX_URL_LENGTH, 'a/');
    expect(scrubbed(url).url).toBe(url);
  });
});

describe('what could name a person becomes a placeholder', () => {
  it.each([
    ['/u/joe.doe+news@mail.example.co.uk/edit', '/u/[email]/edit'],
    ['/u/JOE%40EXAMPLE.COM', '/u/[email]'],
    ['/u/joe%2540example.com', '/u/[email]'],
    ['/u/joe%25252540example.com', '/u/[email]'],
    ["/u/o'connor@example.ie", '/u/[email]'],
    ['/u/%22john%20doe%22@example.com', '/u/[email]'],
    ['/u/joe%EF%BC%A0example.com', '/u/[email]'],
    ['/u/joe@[203.0.113.9]', '/u/[email]'],
    ['/u/%250a@example.com', '/u/%20[email]'],
    ['/call/+4917012345678', '/call/[phone]'],
    ['/call/(030)%20123-456-78', '/call/[phone]'],
    ['/call/%D9%A0%D9%A5%D9%A0%D9%A1%D9%A2%D9%A3%D9%A4%D9%A5%D9%A6%D9%A7', '/call/[phone]'],
    ['/call-me-555-123-4567-now', '/call-me-[phone]-now'],
    ['/ip/203.0.113.9/x', '/ip/[ip]/x'],
    ['/ip/2001:db8::1', '/ip/[ip]'],
    ['/ip/::ffff:203.0.113.9', '/ip/::ffff:[ip]'],
    ['/shop;jsessionid=0A1B2C?x=1', '/shop;[token]'],
    ['/reset/3f2a9c1b7d4e5f60', '/reset/[token]'],
    ['/reset/3F2A9C1B-7D4E-4F60-8A9B-0C1D2E3F4A5B.html', '/reset/[token].html'],
    ['/reset-your-password-Xy7Kq92LmPzR4tWn8vBc', '/reset-your-password-[token]'],
    ['/s/(S(lit3py55t21z5v55vlm25s55))/home', '/s/(S([token]))/home'],
    ['/jwt/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.dozjgNryP4J3jVmNHl0w5N_XgL0', '/jwt/[token]'],
    ['/mac/00:1a:2b:3c:4d:5e', '/mac/[token]'],
  ])('%s → %s', (path, expected) => {
    expect(pathOf(path)).toBe(expected);
  });

  it('also where it is encoded more often than any chain of redirects would', () => {
    let path = 'joe@example.com';
    for (let i = 0; i < 30; i++) path = path.replace(/[@%]/g, encodeURIComponent);
    expect(pathOf(`/u/${path}`)).toBe('/u/[token]');
  });
});

describe('what is no one’s name survives', () => {
  it.each([
    ['/2024/01/15/local-election-results-2024.html'],
    ['/2015-05-17/x', '/20150517_123456.jpg'],
    ['/blog/xdotool-2.20110530.html', '/files/xdotool-2.20101014.3063.tar.gz'],
    ['/saison-2023-2024', '/top-10-2024-2025', '/31.12.2023-10'],
    ['/p/12345678', '/article-1234567', '/dp/B08N5WRWNW'],
    ['/sony-wh1000xm5-vs-wh1000xm4', '/rtx4090ti-vs-rx7900xtx-benchmark', '/mp3-h264-av1-x265-4k-2nd'],
    ['/wiki/2024_United_States_presidential_election', '/HowToInstallNginxOnUbuntu'],
    ['/how-to-do-it-3f2a9c1b7d4e', '/watch-this-dQw4w9WgXcQ-and-more'],
    ['/package/react@18.2.0', '/@alice', '/x%2F@alice', '/C++/std::vector', '/at-12:30:00'],
    ['/nikon+d90+vs+canon+eos+40d', '/1.2.3.4.5', '/999.999.1.1'],
    ['/%E4%BD%A0%E5%A5%BD/%C3%BCber-uns', '/100%25-sicher', '/%zz/100%'],
    ['/donaudampfschifffahrtsgesellschaftskapitaen'],
  ])('%s', (...paths) => {
    for (const path of paths) expect(pathOf(path)).toBe(path);
  });
});

describe('scrubText', () => {
  it.each([
    ['control characters and line breaks become one space', ' a\u0000\u0007b\r\n\tc ', 100, 'a b c'],
    ['a half of a surrogate pair is replaced, because no UTF-8 can hold it', 'a\ud800b', 100, 'a\ufffdb'],
    ['it is cut at code points, not in the middle of one', '👍👍👍', 2, '👍👍'],
    ['an address is found before the cut', 'joe@example.com wrote', 5, '[emai'],
    ['an encoded address is found', 'from joe%2540example.com', 100, 'from [email]'],
    ['invisible characters hide nothing', 'joe\u200b@exam\u00adple.com', 100, '[email]'],
    ['a sentence stays a sentence', 'Am 15.01.2024 um 12:30 Uhr: 24/7 für 1.299,00 €', 100, undefined],
    ['a script whose letters need invisible joiners stays', 'می‌خواهم ۲۰۲۴ 👨‍👩‍👧', 100, undefined],
    ['years and seasons stay', 'Bundesliga 2023/2024, 34. Spieltag (2024-05-18)', 100, undefined],
  ])('%s', (_sentence, text, max, expected) => {
    expect(scrubText(text, max)).toBe(expected ?? text);
  });

  it('leaves no half of an address where it stops reading', () => {
    const head = `a${'word '.repeat(1637)}`;
    const text = `${head}joe%40example.com`;
    expect(text.slice(0, MAX_URL_LENGTH)).toMatch(/joe%40$/);
    expect(scrubText(text, 10_000)).toBe(head.trim());
  });
});

const digits = (length: number) =>
  fc.stringMatching(new RegExp(`^[2-9][0-9]{${length - 1}}$`)).filter((d) => !/^20/.test(d));
const email = fc.oneof(
  fc.emailAddress(),
  fc.stringMatching(/^[a-z]{1,10}[.+_-]?[a-z0-9]{1,10}@[a-z]{2,10}\.(com|de|co\.uk)$/),
);
const phone = fc.oneof(
  fc.tuple(digits(3), digits(3), digits(4)).map(([a, b, c]) => `(${a}) ${b}-${c}`),
  fc.tuple(fc.constantFrom('-', '.', ' ', ''), digits(3), digits(3), digits(4)).map(([s, ...n]) => n.join(s)),
  fc
    .tuple(fc.constantFrom('+', '00'), digits(2), digits(3), digits(6))
    .map(([p, c, a, n]) => `${p}${c} ${a} ${n}`),
  fc.tuple(digits(4), digits(7)).map(([area, number]) => `0${area}/${number}`),
  digits(2).map((d) => `06 12 34 56 ${d}`),
);
const hexToken = fc.stringMatching(/^[0-9a-f]{16,64}$/);
const alphanumericToken = fc
  .stringMatching(/^[A-Za-z0-9]{20,60}$/)
  .filter((token) => /\d/.test(token) && /[A-Za-z]/.test(token));
const token = fc.oneof(hexToken, alphanumericToken, fc.uuid());
const secret = fc.oneof(email, phone, token);

/** fast-check's bytes are skewed towards edges; ids in the wild are evenly random, as these are. */
const evenlyRandom = fc.tuple(fc.integer(), fc.constantFrom(24, 32, 48)).map(([seed, size]) => {
  let state = seed >>> 0;
  const bytes = Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  return Buffer.from(bytes).toString('base64url');
});

const cased = fc.constantFrom(
  (s: string) => s,
  (s: string) => s.toUpperCase(),
  (s: string) => s.toLowerCase(),
);
const encoded = fc.constantFrom(
  encodeURIComponent,
  (s: string) => encodeURIComponent(encodeURIComponent(s)),
  (s: string) => [...Buffer.from(s)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
);
const word = fc.stringMatching(/^[a-z]{2,12}$/);
const slug = fc
  .tuple(
    word,
    fc.array(
      fc.oneof(
        word,
        word,
        fc.tuple(word, fc.integer({ min: 0, max: 9999 })).map(([w, n]) => `${n}-${w}`),
      ),
      { maxLength: 12 },
    ),
  )
  .map(([first, rest]) => [first, ...rest].join('-'));
const path = fc
  .tuple(
    fc.constantFrom('', '/2024/05/17', '/news', '/p/12345678'),
    fc.array(slug, { minLength: 1, maxLength: 4 }),
  )
  .map(([start, slugs]) => `${start}/${slugs.join('/')}.html`);

/** Everything the URL says, in every reading of it. */
const readings = (text: string) => {
  const all = [text];
  for (let i = 0; i < 3; i++) {
    try {
      all.push(decodeURIComponent(all.at(-1)!));
    } catch {
      break;
    }
  }
  return all.join('\n').toLowerCase();
};

describe('for whatever a site puts into its addresses', () => {
  it('no e-mail address, phone number or token survives in a path, however it is encoded', () => {
    fc.assert(
      fc.property(secret, cased, encoded, slug, fc.boolean(), (found, inCase, encode, near, glued) => {
        const segment = encode(inCase(found));
        const url = `https://example.com/${near}/${glued ? `${near}/x-${segment}` : segment}/${near}.html`;
        expect(readings(scrubbed(url).url)).not.toContain(found.toLowerCase());
        expect(scrubbed(url).path.split('/').at(-1)).toBe(`${near}.html`);
      }),
      { numRuns: 500 },
    );
  });

  it('none survives in a title or in a utm tag', () => {
    fc.assert(
      fc.property(secret, cased, slug, fc.boolean(), (found, inCase, near, isEncoded) => {
        const text = `${near} ${isEncoded ? encodeURIComponent(inCase(found)) : inCase(found)} ${near}`;
        expect(readings(scrubText(text, 1000))).not.toContain(found.toLowerCase());
        const url = `https://example.com/?utm_source=${encodeURIComponent(text)}`;
        expect(readings(scrubbed(url).url)).not.toContain(found.toLowerCase());
      }),
      { numRuns: 500 },
    );
  });

  it('no evenly random base64url id of 24 bytes or more survives', () => {
    fc.assert(
      fc.property(evenlyRandom, slug, (id, near) => {
        expect(pathOf(`/${near}/${id}`)).not.toContain(id);
      }),
      { seed: 90, numRuns: 500 },
    );
  });

  it('ordinary paths stay as they are', () => {
    fc.assert(
      fc.property(path, (ordinary) => {
        expect(pathOf(ordinary)).toBe(ordinary);
      }),
      { numRuns: 500 },
    );
  });

  it('ordinary titles stay as they are', () => {
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1900, max: 2099 }),
        (words, year) => {
          const title = `${words.join(' ')} ${year}: ${words.join('-')}`;
          expect(scrubText(title, 1000)).toBe(title);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('scrubbing twice is scrubbing once', () => {
    const piece = fc.oneof(
      secret,
      slug,
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom('%', '%25', '@', '[', ']', '+', '1', '.'),
    );
    const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 120 }), (any, max) => {
        const once = scrubText(any, max);
        expect(scrubText(once, max)).toBe(once);
        expect([...once].length).toBeLessThanOrEqual(max);
        const url = scrubUrl(`https://example.com/${any}?utm_source=${any}`);
        if (typeof url !== 'string') expect(scrubUrl(url.url)).toEqual(url);
      }),
      { numRuns: 2000 },
    );
  });
});
