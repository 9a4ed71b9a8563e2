import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NASTY_TEXTS, NASTY_URLS } from '../../test/nasty-urls.ts';
import { readProps } from './props.ts';
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
      'a host that is an address is cut, unless it is of the local network',
      'http://203.0.113.9:81/',
      { url: 'http://203.0.113.0:81/', path: '/', host: '203.0.113.0' },
    ],
    [
      'an IPv6 host too',
      'http://[2001:db8:1:2::9]/',
      { url: 'http://[2001:db8:1::]/', path: '/', host: '[2001:db8:1::]' },
    ],
    [
      'a developer’s own machine stays',
      'http://127.0.0.1:8090/',
      { url: 'http://127.0.0.1:8090/', path: '/', host: '127.0.0.1' },
    ],
    [
      'a label that is an id becomes a word, the domain stays',
      'https://3f2a9c1b7d4e5f60.4917012345678.203-0-113-9.1und1.de/',
      { url: 'https://token.phone.ip.1und1.de/', path: '/', host: 'token.phone.ip.1und1.de' },
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
    ['/shop;jsessionid=0A1B2C?x=1', '/shop;jsessionid=[token]'],
    ['/shop;PHPSESSID=7;name=Joe%20Doe;page=2', '/shop;PHPSESSID=[token];name=[name];page=2'],
    ['/reset/3f2a9c1b7d4e5f60', '/reset/[token]'],
    ['/reset/3F2A9C1B-7D4E-4F60-8A9B-0C1D2E3F4A5B.html', '/reset/[token].html'],
    ['/reset-your-password-Xy7Kq92LmPzR4tWn8vBc', '/reset-your-password-[token]'],
    ['/s/(S(lit3py55t21z5v55vlm25s55))/home', '/s/(S([token]))/home'],
    ['/jwt/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTYifQ.dozjgNryP4J3jVmNHl0w5N_XgL0', '/jwt/[token]'],
    ['/mac/00:1a:2b:3c:4d:5e', '/mac/[token]'],
    ['/id/Ab3-Xy_9Kq2Lm-Pz', '/id/[token]'],
    ['/m/am9lQGV4YW1wbGUuY29t/open', '/m/[token]/open'],
    ['/u/joe%u0040example.com', '/u/[email]'],
    ['/contact/joe-doe-at-example-dot-com', '/contact/[email]'],
    ['/contact/joe_at_gmail_com', '/contact/[email]'],
    ['/go/https://joe:pw@example.com/a', '/go/https://[email]/a'],
    ['/iban/DE89370400440532013000', '/iban/[iban]'],
    ['/iban/gb29-nwbk-6016-1331-9268-19-x', '/iban/[iban]-x'],
    ['/card/4111-1111-1111-1111', '/card/[card]'],
    ['/tel/555-1234', '/tel/[phone]'],
    ['/reset/ab12cd34', '/reset/[token]'],
    ['/user/john.doe/edit', '/user/[name]/edit'],
    ['/Name/Jane%20Doe', '/Name/[name]'],
    ['/~jdoe/paper.pdf', '/~[name]/paper.pdf'],
    ['/@jane.q/how-to', '/@[name]/how-to'],
    [
      '/go/https%3A%2F%2Fa.test%2Fuser%2Fjohn%2Fcv%3Fx%3D1/rest',
      '/go/https:%2F%2Fa.test%2Fuser%2F[name]%2Fcv',
    ],
    ['/login%253Fnext%253DJohn%2520Doe/rest', '/login'],
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
    ['/package/react@18.2.0', '/C++/std::vector', '/at-12:30:00', '/look-at-the-dot-product-of-it'],
    [
      '/users/settings',
      '/u/',
      '/user/login.php',
      '/author/jane-doe',
      '/user-guide/chapter-2',
      '/names/popular',
    ],
    ['/isbn/9783161484100', '/books/978-3-16-148410-0', '/isbn-3-16-148410-X', '/isbn/0306406152'],
    ['/img/1700000000123.jpg', '/release-20260828151312', '/chrome-120.0.6099.109', '/v/10.15.7'],
    ['/bundestagswahlergebnisse2025', '/rindfleischetikettierungsueberwachungsaufgabenuebertragung'],
    ['/wiki/Who_Framed_Roger_Rabbit%3F', '/reset/password', '/verify/step2', '/token/bitcoin', '/tel/aviv'],
    ['/Sennheiser-HD-660S2-vs-HD-650-vs-HE-1', '/SM-G998BZKDEUE', '/playstation-5-ps5-slim-1tb-cfi-2000'],
    [
      '/krzysztof-szczesny-wywiad',
      '/przyszlosc-gospodarki',
      '/kobenhavns-lufthavn-kastrup',
      '/xiaomi-14t-pro',
    ],
    ['/pressemitteilungen/2024/mpi-pm-24-117', '/a-1234567.html', '/story,9876543', '/world-europe-66123456'],
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
    ['an address that a title is not to show', 'mail joe (at) example (dot) com', 100, 'mail [email]'],
    ['an address in words', 'joe at example dot com', 100, '[email]'],
    ['an address with spaces', 'write to joe @ example.com!', 100, 'write to [email]!'],
    ['an address in entities', 'joe&#64;example.com, joe&#x40;example.com', 100, '[email], [email]'],
    ['an @ of another alphabet', 'joe＠example.com joeⓐexample.com', 100, '[email] [email]'],
    ['a bank account in groups', 'NL91 ABNA 0417 1643 00 please', 100, '[iban] please'],
    ['a payment card', 'card 5555 5555 5555 4444', 100, 'card [card]'],
    ['a short number that is announced', 'Tel.: 040 12345', 100, 'Tel.: [phone]'],
    ['a Danish number', 'Ring 22 33 44 55', 100, 'Ring [phone]'],
    ['fullwidth and Bengali digits', '０３０１２３４５６７ ০৩০১২৩৪৫৬৭', 100, '[phone]'],
    [
      'of a URL what would be left of one',
      'at https://a:b@x.test/p?q=Joe Doe#top',
      100,
      'at https://x.test/p Doe#top',
    ],
    ['a parameter, up to the next', 'x?name=Joe%20Doe&page=2', 100, 'x'],
    ['a form’s field', 'user[name]=Joe Doe; page=2', 100, 'user[name]=[name]; page=2'],
    ['a placeholder that was cut is not looked at again', 'name=Joe', 9, 'name=[nam'],
    ['concerts stay', 'Live at Wembley, net of tax: op. 125 (1824), 24/7', 100, undefined],
    ['brand names stay', 'YouTube, iPhone 15 Pro Max, JavaScript and GitHub', 100, undefined],
    ['a version stays', 'Chrome 120.0.6099.109, ISBN 978-3-16-148410-0', 100, undefined],
    ['handles stay, a publisher’s words are public', 'Follow @alice on X', 100, undefined],
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
    .tuple(fc.constantFrom('+', '00'), digits(2), fc.constantFrom(' ', ' (0)'), digits(3), digits(6))
    .map(([p, c, zero, a, n]) => `${p}${c}${zero}${a} ${n}`),
  fc.tuple(digits(4), digits(7)).map(([area, number]) => `0${area}/${number}`),
  digits(2).map((d) => `06 12 34 56 ${d}`),
);
const hexToken = fc.stringMatching(/^[0-9a-f]{16,64}$/).filter((token) => !/^\d{13}$/.test(token));
const alphanumericToken = fc
  .stringMatching(/^[A-Za-z0-9]{20,60}$/)
  .filter((token) => /\d/.test(token) && /[A-Za-z]/.test(token))
  // A word and a year are no token.
  .filter((token) => !/^(?:\D+\d{1,8}|\d{1,8}\D+)$/.test(token));
const token = fc.oneof(hexToken, alphanumericToken, fc.uuid());
const group = fc.integer({ min: 1, max: 0xffff }).map((n) => n.toString(16));
const ip = fc.oneof(
  fc.ipV4(),
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
  fc.array(group, { minLength: 3, maxLength: 5 }).map((groups) => `2001:${groups.join(':')}::9`),
);
const session = fc
  .tuple(
    fc.constantFrom('jsessionid', 'PHPSESSID', 'sid', 'token', 'name', 'e-mail'),
    fc.stringMatching(/^[a-z]{6}\d{4}$/),
  )
  .map(([name, value]) => `${name}=${value}`);
const secret = fc.oneof(email, phone, token, ip, session);

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
/** Of many languages, because evenly random letters are what a token has. */
const word = fc.constantFrom(
  ...`the a of and how to why best news recipe local election results weather football market review winter guide
  travel health science phone camera battery update company people world government million school science
  der die und wie nachrichten bundesliga wetter kuchen rezept versicherung gesundheit geschichte schnitzel zwoelf
  le une pourquoi gouvernement cuisine voiture aujourd quoi el los como noticias futbol espana receta ayuntamiento
  il perche notizie calcio ricetta cronaca dlaczego pogoda wiadomosci przepis szczescie mecz het waarom nieuws
  voetbal recept hur varfor nyheter vader hvordan nyheder saa miksi uutiset saa jalkapallo neden haber futbol
  xi wang zhongguo beijing tokyo nihon ryokan hindi bharat cricket rhythm lynx gym wrzesien brno vlk krk`
    .trim()
    .split(/\s+/),
);
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

/** Everywhere that a hit has for text; each gives what would be stored. */
const places: Readonly<Record<string, (secret: string, near: string) => string>> = {
  'a segment of a path': (secret, near) => scrubbed(`https://example.com/${near}/${secret}/${near}.html`).url,
  'a part of a segment': (secret, near) => scrubbed(`https://example.com/${near}/x-${secret}/`).url,
  'a matrix parameter': (secret, near) => scrubbed(`https://example.com/${near};x=${secret};y=1`).url,
  'a utm tag': (secret) => scrubbed(`https://example.com/?utm_content=${encodeURIComponent(secret)}`).url,
  'any other parameter': (secret, near) => scrubbed(`https://example.com/${near}?q=${secret}#${secret}`).url,
  'a title': (secret, near) => scrubText(`${near}: ${secret} ${near}`, 300),
  'a keyword': (secret) => scrubText(secret, 100),
  'a property': (secret) => JSON.stringify(readProps({ about: secret, email: secret })),
  'a property that is a URL': (secret, near) =>
    JSON.stringify(readProps({ link: `https://example.com/${near}/${secret}?q=${secret}` })),
};
/** What would end a URL's path if it were not encoded, or is an escape itself. */
const mustBeEncoded = (text: string) => /[%#?/\\]/.test(text);

describe('for whatever a site puts into its addresses', () => {
  it.each(Object.entries(places))(
    'no e-mail, phone number, token, session or IP survives in %s',
    (_, stored) => {
      fc.assert(
        fc.property(
          secret,
          cased,
          fc.integer({ min: 0, max: 2 }),
          encoded,
          slug,
          (found, inCase, times, encode, near) => {
            let text = inCase(found);
            if (times > 0 || mustBeEncoded(text)) text = encode(text);
            if (times > 1) text = encodeURIComponent(text);
            const value = /^[a-z-]+=(.*)$/i.exec(found)?.[1] ?? found;
            expect(readings(stored(text, near))).not.toContain(value.toLowerCase());
          },
        ),
        { numRuns: 400 },
      );
    },
  );

  it('what stands behind it in the path stays', () => {
    fc.assert(
      // An encoded query ends the path.
      fc.property(
        secret.filter((found) => !/[?#]/.test(found)),
        encoded,
        slug,
        (found, encode, near) => {
          expect(
            pathOf(`/${near}/${encode(found)}/${near}.html`)
              .split('/')
              .at(-1),
          ).toBe(`${near}.html`);
        },
      ),
      { numRuns: 200 },
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
      fc.constantFrom(
        '%',
        '%25',
        '@',
        '[',
        ']',
        '+',
        '1',
        '.',
        'name=',
        'user/',
        '?',
        '://',
        ';',
        '(at)',
        '&#64;',
      ),
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

describe('a corpus of nasty addresses', () => {
  it.each(NASTY_URLS)('$url keeps $secret for itself', ({ url, secret: hidden }) => {
    const result = scrubUrl(url);
    // What is no URL at all is refused, and so not stored.
    expect(readings(typeof result === 'string' ? '' : result.url)).not.toContain(hidden.toLowerCase());
  });

  it.each(NASTY_TEXTS)('$text keeps $secret for itself', ({ text, secret: hidden }) => {
    for (const max of [300, 100]) expect(readings(scrubText(text, max))).not.toContain(hidden.toLowerCase());
    expect(readings(JSON.stringify(readProps({ about: text })))).not.toContain(hidden.toLowerCase());
  });
});

describe('text that is made to take long', () => {
  const worst = [
    'a',
    '@',
    'a@',
    '"@',
    '1',
    '1-',
    '1 ',
    '+',
    '%',
    '%2',
    '%25',
    '%40',
    'a.',
    'a@a.',
    ':',
    '0:',
    '::',
    'a=',
    'name=',
    'a:',
    '[',
    '(at)',
    ' at ',
    '-at-',
    ' @ ',
    ' dot ',
    '?a',
    '?a=',
    '://',
    'https://',
    'https://a@',
    '/user',
    'eyJ',
    'eyJaaaaaaaa.',
    'abcd-',
    'AB12',
    'DE89 ',
    'aB3',
    '&#',
    '&#64;',
    '\\u0040',
    '\u00ad',
    '\u0e33',
    '\u0660',
    '\u{1d7ce}',
    'tel ',
    'isbn ',
    '12.',
    '0.',
    '-',
    '_',
    ';',
  ];
  it.each(worst)('ends for 16 kB of %j', (piece) => {
    const text = piece.repeat(Math.ceil(16_384 / piece.length)).slice(0, 16_384);
    for (const tail of ['', ' x', '@example.com', '!']) {
      expect([...scrubText(text + tail, 300)].length).toBeLessThanOrEqual(300);
      const url = scrubUrl(`https://example.com/${text.slice(0, 8_000)}${tail}`);
      expect(typeof url === 'string' ? url : url.path[0]).toMatch(/^(?:\/|bad_url)$/);
      readProps({ about: text + tail });
    }
  });

  it('nothing throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.anything(), (text, any) => {
        scrubText(text, 100);
        scrubUrl(text);
        scrubUrl(`https://${text}`);
        scrubUrl(`https://example.com/${text}`);
        readProps(any);
        readProps({ [text]: text });
      }),
      { numRuns: 1000 },
    );
  });
});
