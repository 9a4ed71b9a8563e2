import { NODE_BY_ID } from '../audience/taxonomy/audience.ts';
import type { Response } from '../collect/door.ts';
import { PURPOSE } from '../consent/purposes.ts';
import type { VisitorId } from '../identity/visitor.ts';
import { html, type Markup, page } from './html.ts';
import type { Consent, Demographic, Known } from './known.ts';

/** What `/privacy` has to show. */
export interface PrivacyState {
  /** As browsers reach us. */
  readonly host: string;
  /** Of the cookie that this browser sent; undefined = none of ours. */
  readonly visitor: VisitorId | undefined;
  /** By its mark, or because its visitor is suppressed. */
  readonly optedOut: boolean;
  /** The browser sends Global Privacy Control. */
  readonly gpc: boolean;
  /** `unavailable`: ClickHouse does not answer. */
  readonly known: Known | 'unavailable' | undefined;
  readonly retentionDays: number;
  /** Name of a segment or partner; undefined where there is no such any more. */
  readonly segmentName: (id: string) => string | undefined;
  readonly partnerName: (id: string) => string | undefined;
}

/** This browser's state, what is known of it, and what can be done about it. */
export function privacyPage(state: PrivacyState): Response {
  const { host, visitor, optedOut, known } = state;
  return page(
    known === 'unavailable' ? 503 : 200,
    'Your privacy',
    html`<h1>Your privacy</h1>
<p class="muted">${host} measures audiences without names: a random number in a cookie, what pages are about, and nothing that says who you are. Everything leaves after ${state.retentionDays} days.</p>
<section><h2>This browser</h2>${standing(state)}${choice(optedOut)}</section>
${visitor === undefined || optedOut ? html`` : facts(state, visitor)}
<p class="muted">Shown to this browser alone, by the cookie it sends. Hits of the last seconds may be missing.</p>`,
  );
}

function standing({ optedOut, visitor, gpc }: PrivacyState): Markup {
  if (optedOut)
    return html`<p class="state out">Opted out.</p><p>Nothing is stored of this browser, and what was known of it is no longer used.</p>`;
  const signal = gpc ? html`<p>It sends Global Privacy Control, so its visits are not stored.</p>` : html``;
  return visitor === undefined
    ? html`<p class="state">This browser sent no cookie of ours.</p><p>Where it blocks cookies of other sites, each site knows it by a cookie of its own, which this page cannot see: opt out on that site then.</p>${signal}`
    : html`<p class="state">Known under a random number.</p>${signal}`;
}

function choice(optedOut: boolean): Markup {
  return optedOut
    ? html`<form method="post" action="/optin"><p>If you opt in again, this browser begins anew, under a new number.</p>
<button class="button">Opt in again</button></form>`
    : html`<p>If you opt out, what is known is deleted and nothing more is stored.</p>
<a class="button" href="/optout">Opt out</a>`;
}

function facts(state: PrivacyState, visitor: VisitorId): Markup {
  const { known } = state;
  if (known === 'unavailable' || known === undefined)
    return html`<section><h2>What is known</h2><p>This cannot be read right now; please try again in a minute. Opting out works all the same.</p></section>`;
  const rows: [string, Markup][] = [
    ['Number', html`<code>${visitor}</code>`],
    ['Consent', consent(state, known.consent)],
    ['Hits', html`${known.hits}`],
  ];
  if (known.firstSeen !== undefined && known.lastSeen !== undefined)
    rows.push(
      ['First seen', html`${moment(known.firstSeen)}`],
      ['Last seen', html`${moment(known.lastSeen)}`],
      ['Forgotten', html`on ${expiry(known.lastSeen, state.retentionDays)}, unless you come back before`],
    );
  rows.push(
    ['Countries', listed(known.countries.map(countryName))],
    ['Topics', listed(known.categories)],
    ['Interests', listed(known.interests.map((id) => NODE_BY_ID.get(id)?.name ?? id))],
    ['Taken for', listed(known.demographics.map(demographic))],
    ['Segments', listed(known.segments.flatMap((id) => state.segmentName(id) ?? []))],
    ['Said by others', listed(known.traits)],
    ['Ids known to', listed(known.links.map((id) => state.partnerName(id) ?? OWN_LINKS[id] ?? id))],
  );
  return html`<section><h2>What is known</h2><dl>${rows.map(
    ([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>
`,
  )}</dl></section>`;
}

const PURPOSES: readonly (readonly [bit: number, words: string])[] = [
  [PURPOSE.store, 'keep an id'],
  [PURPOSE.profile, 'build segments'],
  [PURPOSE.handOut, 'hand segments out for advertising'],
  [PURPOSE.statistics, 'statistics'],
  [PURPOSE.modelling, 'improve models'],
];

function consent({ partnerName }: PrivacyState, given: Consent | undefined): Markup {
  if (given === undefined) return html`no word stored`;
  if (given.withdrawn) return html`refused on ${moment(given.time)}`;
  const purposes = PURPOSES.filter(([bit]) => (given.purposes & bit) !== 0).map(([, words]) => words);
  const partners = given.partners.map((id) => partnerName(id) ?? id);
  return html`${purposes.join(', ') || 'nothing'}; partners: ${partners.join(', ') || 'none'}`;
}

const demographic = ({ attribute, value, declared }: Demographic) =>
  `${attribute.replaceAll('_', ' ')} ${value} (${declared ? 'said by others' : 'a guess'})`;

/** Links that no partner holds. */
const OWN_LINKS: Readonly<Record<string, string>> = {
  first_party: 'cookies of the sites themselves',
  household: 'the household (a key that is thrown away)',
};

const listed = (values: readonly string[]): Markup =>
  values.length === 0 ? html`<span class="muted">none</span>` : html`${values.join(', ')}`;

const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
const COUNTRIES = new Intl.DisplayNames('en', { type: 'region', fallback: 'code' });
const DAY_MS = 86_400_000;

const moment = (time: string) => `${MOMENT.format(new Date(time))} UTC`;

/** Rows of a day leave together, so many days after it. */
const expiry = (lastSeen: string, retentionDays: number) =>
  DAY.format(new Date(Date.parse(`${lastSeen.slice(0, 10)}T00:00:00Z`) + retentionDays * DAY_MS));

const countryName = (code: string) => COUNTRIES.of(code) ?? code;
