import { z } from 'zod';
import { receivedHits } from '../answers.ts';
import type { Operation } from '../operation.ts';
import { told } from '../people-answers.ts';
import { cookieSync } from '../system-answers.ts';

const gif = {
  description: '43 bytes of GIF, always; `Ninety-Result` tells what became of it',
  type: 'image/gif',
} as const;

/** Parameters of the pixel and of hits are read by the front door itself, which knows no schema. */
const pixel = z.object({
  s: z.string().describe('Key of the site'),
  e: z.string().optional().describe('Event; default `pageview`'),
  u: z.string().optional().describe('URL of the page; default the Referer header'),
  r: z.string().optional().describe('Referrer'),
  t: z.string().optional().describe('Title'),
  c: z.string().optional().describe('Categories, comma separated: IAB Content 3.1 ids or names of your own'),
  k: z.string().optional().describe('Keywords, comma separated'),
  d: z.string().optional().describe('Milliseconds of attention'),
  x: z.string().optional().describe('Scroll depth in percent'),
  did: z.string().optional().describe('Device id'),
  dt: z.string().optional().describe('Its type: `idfa`, `gaid`, `rida`, `tifa`, …'),
  fid: z.string().optional().describe('First-party id'),
  tz: z.string().optional().describe('Minutes east of UTC'),
  id: z.string().optional().describe('Id of the hit: a repeat of it within a day counts once'),
});

const signals = z.object({
  gdpr: z.string().optional(),
  gdpr_consent: z.string().optional().describe('TCF string'),
  gpp: z.string().optional(),
  gpp_sid: z.string().optional(),
  us_privacy: z.string().optional(),
});

const redirect = { description: 'To the partner, its macros filled in' };

export const collectionOperations: readonly Operation[] = [
  {
    method: 'GET',
    path: '/tag.js',
    tag: 'Collection',
    summary: 'The tag of pages',
    scope: null,
    answers: { 200: { description: 'JavaScript, kept for an hour', type: 'text/javascript' } },
    example: {},
  },
  {
    method: 'GET',
    path: '/sync.js',
    tag: 'Sync',
    summary: 'What the tag loads to make syncs',
    scope: null,
    answers: { 200: { description: 'JavaScript, kept for an hour', type: 'text/javascript' } },
    example: {},
  },
  {
    method: 'GET',
    path: '/p.gif',
    tag: 'Collection',
    summary: 'A hit, by a pixel',
    description: 'Always 200. `Ninety-Result` is `stored`, or `refused; reason=<name>`.',
    scope: null,
    query: pixel.extend(signals.shape),
    answers: { 200: gif },
    example: {
      query: { s: 'SITEKEY', u: 'https://shop.example.com/cars?utm_source=letter', c: '1,30', t: 'Cars' },
    },
    isFront: true,
  },
  {
    method: 'POST',
    path: '/v1/hits',
    tag: 'Collection',
    summary: 'Hits, up to 1,000 at once',
    description:
      'An array or NDJSON, also as `text/plain` for `sendBeacon`, at most 1 MB. Fields: `site`, `event`, `url`, `referrer`, `title`, `categories`, `keywords`, `dwellMs`, `scroll`, `deviceId`, `deviceType`, `firstPartyId`, `tz`, `hitId`, `gdpr`, `gdprConsent`, `gpp`, `gppSid`, `usPrivacy`. With a key of scope `collect` a server may also give `time`, `ip`, `userAgent` and `language`.',
    scope: null,
    takes: ['application/json', 'application/x-ndjson', 'text/plain'],
    answers: { 202: { description: 'What became of each', type: 'application/json', schema: receivedHits } },
    refusals: ['bad_json', 'body_too_large'],
    example: {
      body: [{ site: 'SITEKEY', url: 'https://shop.example.com/cars', categories: ['1'], title: 'Cars' }],
    },
    isFront: true,
  },
  {
    method: 'POST',
    path: '/cookie_sync',
    tag: 'Sync',
    summary: 'Which partners are to be synced (Prebid Server)',
    scope: null,
    takes: ['application/json'],
    answers: { 200: { description: 'Whom to sync', type: 'application/json', schema: cookieSync } },
    example: { body: { bidders: ['acme'], gdpr: 0 } },
    isFront: true,
  },
  {
    method: 'GET',
    path: '/setuid',
    tag: 'Sync',
    summary: 'A partner’s id for this browser (Prebid Server)',
    description: 'An empty `uid` deletes it. 451 where consent forbids it.',
    scope: null,
    query: signals.extend({
      bidder: z.string().describe('Id of the partner'),
      uid: z.string().optional(),
      f: z.enum(['i', 'b']).optional().describe('`i`: a 1×1 image; `b`: an empty page'),
    }),
    answers: { 200: { description: 'As `f` says', type: 'text/html' } },
    example: { query: { bidder: 'acme', uid: 'A1B2C3', gdpr: '0', f: 'b' } },
    isFront: true,
  },
  {
    method: 'GET',
    path: '/sync/:partner',
    tag: 'Sync',
    summary: 'Sends the browser to the partner’s sync URL',
    scope: null,
    query: signals.extend({
      redir: z.string().optional().describe('Where to from there: only a registered host'),
    }),
    answers: { 302: redirect },
    example: { params: { partner: 'acme' }, query: { gdpr: '0' } },
    isFront: true,
  },
  {
    method: 'GET',
    path: '/sync.html',
    tag: 'Sync',
    summary: 'A frame that makes the syncs that are due, at most five',
    scope: null,
    query: signals.extend({
      s: z.string().optional().describe('Key of the site'),
      limit: z.string().optional().describe('Syncs at most'),
    }),
    answers: {
      200: { description: 'A page', type: 'text/html' },
      302: {
        description: 'Here once more, with a cookie where there was none: who comes without it keeps none',
      },
    },
    example: { query: { gdpr: '0' } },
    isFront: true,
  },
  {
    method: 'GET',
    path: '/v1/me',
    tag: 'Collection',
    summary: 'The segments of the browser that asks, for its page and its bids',
    description:
      'Only for pages of the site, by `Origin`; else 403. By the cookie, or by a first-party id that nobody can guess. `Ninety-Result` is `ok`, or `empty; reason=<name>`.',
    scope: null,
    query: signals.extend({
      s: z.string().describe('Key of the site'),
      fid: z.string().optional().describe('First-party id, as the tag makes it'),
    }),
    answers: {
      200: { description: 'Nothing where nothing may be told', type: 'application/json', schema: told },
      403: { description: 'To a page of another site: `foreign_page`; by a key of none: `unknown_site`' },
    },
    example: { query: { s: 'SITEKEY', gdpr: '0' }, headers: { origin: 'https://shop.example.com' } },
    isFront: true,
  },
  {
    method: 'GET',
    path: '/optout',
    tag: 'People',
    summary: 'Opts this browser out and forgets what is known',
    scope: null,
    answers: { 200: { description: 'A page', type: 'text/html' } },
    example: {},
  },
  {
    method: 'GET',
    path: '/privacy',
    tag: 'People',
    summary: 'What is known of this browser, and its choices',
    scope: null,
    answers: { 200: { description: 'A page', type: 'text/html' } },
    example: {},
  },
  {
    method: 'POST',
    path: '/optin',
    tag: 'People',
    summary: 'Opts in again, under a new id',
    description: 'Only from the page `/privacy`: the Origin is checked.',
    scope: null,
    answers: { 303: { description: 'Back to `/privacy`' } },
    example: { headers: { origin: 'ORIGIN' } },
  },
];
