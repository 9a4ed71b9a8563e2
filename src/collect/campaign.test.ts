import { describe, expect, it } from 'vitest';
import { readTags } from './campaign.ts';

describe('the tags in an address', () => {
  it.each([
    ['none', '', '', ''],
    ['a query without tags', '?page=2&gclid=', '', ''],
    ['a tag behind the fragment is none of the query', '#?utm_campaign=x', '', ''],
    ['a click on an ad of a search engine', '?gclid=abc', '', 'campaign'],
    ['a link out of Facebook', '?fbclid=abc', '', 'social'],
    ['a paid click', '?utm_source=google&utm_medium=cpc&utm_campaign=Spring', 'Spring', 'campaign'],
    ['paid on a social network', '?utm_source=facebook&utm_medium=paid_social', '', 'campaign'],
    ['a post on a social network', '?utm_source=facebook&utm_medium=social', '', 'social'],
    ['a network by its name alone', '?utm_source=Instagram&utm_medium=bio', '', 'social'],
    ['a network by its host', '?utm_source=t.co', '', 'social'],
    ['a letter', '?utm_source=letter&utm_medium=E-Mail&utm_campaign=w12', 'w12', 'email'],
    ['a letter by its source', '?utm_source=Weekly+Newsletter', '', 'email'],
    ['a newspaper is no letter', '?utm_source=mailonline', '', 'campaign'],
    ['a search engine’s free entry', '?utm_source=google&utm_medium=organic', '', 'search'],
    ['a partner’s link', '?utm_medium=referral&utm_source=partner', '', 'referral'],
    ['tagged in a way nobody knows', '?utm_medium=qr&utm_source=poster', '', 'campaign'],
    ['the campaign alone', '?utm_campaign=a', 'a', 'campaign'],
    ['a campaign is scrubbed', '?utm_campaign=for+joe%40example.com', 'for [email]', 'campaign'],
    ['and bounded', `?utm_campaign=${'long '.repeat(100)}`, `${'long '.repeat(20).trim()}`, 'campaign'],
  ])('%s', (_sentence, query, campaign, source) => {
    expect(readTags(`https://shop.test/a${query}`)).toEqual({ campaign, source });
  });
});
