import { beforeAll, describe, expect, it } from 'vitest';
import { Operator, until } from '../../test/client.ts';
import { ninety } from '../../test/command.ts';
import { NO, PARTNER_VENDOR, YES } from '../collect/front.testing.ts';
import type { AuditLine } from '../report/audit.ts';
import { testServer } from './server.testing.ts';
import { type Json, statusOf } from './shop.testing.ts';
import type { ShownWhy } from './why.ts';

const server = await testServer();
const why = (query: Record<string, string>, partner = 'acme') =>
  server.operator.json<ShownWhy>('GET', `/v1/partners/${partner}/why?${new URLSearchParams(query)}`);

beforeAll(async () => {
  await server.operator.json('POST', '/v1/partners', {
    id: 'acme',
    name: 'Acme',
    gvlId: PARTNER_VENDOR,
    syncUrl: 'https://acme.test/s?r={{.RedirectURL}}',
  });
});

describe('GET /v1/partners/{id}/why', () => {
  it.each<[string, Record<string, string>, object]>([
    ['nothing, where no law wants a yes', { ip: '8.8.8.8' }, { outcome: 'sent', country: 'US' }],
    ['the law of the place', { ip: '84.128.0.1' }, { outcome: 'consent_missing', country: 'DE' }],
    ['a place that is not known', {}, { outcome: 'country_unknown', country: '' }],
    ['nothing, with a yes', { gdpr: '1', gdpr_consent: YES }, { outcome: 'sent' }],
    ['a no', { gdpr: '1', gdpr_consent: NO }, { outcome: 'no_vendor_consent', signal: 'gdpr_consent' }],
    ['an opt-out of sale', { us_privacy: '1YYN' }, { outcome: 'sale_opt_out', signal: 'us_privacy' }],
    ['GPC', { gpc: '1' }, { outcome: 'sale_opt_out', signal: 'Sec-GPC' }],
    ['a mistake in the signals', { gdpr: '7' }, { outcome: 'bad_field' }],
  ])('tells what stands in the way: %s', async (_, query, expected) => {
    expect(await why(query)).toMatchObject(expected);
  });

  it.each<[string, string, string]>([
    ['a partner that there is not', '/v1/partners/nobody/why', '404 not_found'],
    ['a visitor that is none', '/v1/partners/acme/why?visitor=nobody', '400 invalid'],
  ])('knows nothing of %s', async (_, path, expected) => {
    expect(await statusOf(server.operator, 'GET', path)).toBe(expected);
  });

  it('says how the partner’s syncs ended lately', async () => {
    await server.person().get('/setuid?bidder=acme&uid=u1', { 'x-forwarded-for': '8.8.8.8' });
    await server.person().get('/setuid?bidder=acme&uid=$UID', { 'x-forwarded-for': '8.8.8.8' });
    const { lastDay } = await until('both are counted', async () => {
      await server.operator.send('POST', '/v1/jobs/segments/run?wait=1');
      const told = await why({});
      return told.lastDay.length > 1 && told;
    });
    expect(lastDay).toEqual([
      { outcome: 'bad_uid', n: 1, detail: expect.stringContaining('id') },
      { outcome: 'matched', n: 1, detail: expect.stringContaining('stored') },
    ]);
    const { code, out } = await ninety([
      ...['partners', 'why', 'acme', '--gdpr', '1', '--gdpr-consent', NO],
      ...['--url', server.url, '--key', server.operator.key],
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(/outcome +no_vendor_consent\n/);
    expect(out).toMatch(/\n {2}matched +1 +The partner/);
  });

  it('says what is stored of a visitor, and of one who is not known that there is nothing', async () => {
    const person = server.person();
    const american = { 'x-forwarded-for': '8.8.8.8' };
    const { headers } = await person.get('/setuid?bidder=acme&uid=stored-1', american);
    const visitor = /n90=([\w-]{11})/.exec(String(headers['set-cookie']))![1]!;
    const stored = async (id: string) => (await why({ visitor: id })).stored;
    await until('the match is there', async () => (await stored(visitor))?.matched === true);
    expect(await stored(visitor)).toEqual({ optedOut: false, consent: 'given', matched: true, setAside: [] });
    for (let n = 0; n < 200; n++) await person.get(`/setuid?bidder=acme&uid=more-${n}`, american);
    await server.operator.json('POST', '/v1/jobs/identity/run?wait=1');
    expect(await stored(visitor)).toMatchObject({
      matched: false,
      setAside: [{ reason: 'too_many_uids', detail: expect.stringContaining('200') }],
    });
    await person.get('/setuid?bidder=acme&uid=stored-1&us_privacy=1YYN', american);
    await until('the no is there', async () => (await stored(visitor))?.consent === 'withdrawn');
    expect(await stored('AAAAAAAAAAA')).toEqual({
      optedOut: false,
      consent: 'none',
      matched: false,
      setAside: [],
    });
    const { out } = await ninety([
      ...['partners', 'why', 'acme', '--visitor', visitor],
      ...['--url', server.url, '--key', server.operator.key],
    ]);
    expect(out).toMatch(/\n *consent +withdrawn\n/);
  });

  it('tells of a visitor only who may look at one, and writes the look down', async () => {
    const keyed = async (scopes: string[]) => {
      const { id, key } = await server.operator.json<Json>('POST', '/v1/keys', { name: 'looks', scopes });
      return { id, by: new Operator(server.url, String(key)) };
    };
    const [reader, looker] = [await keyed(['read']), await keyed(['read', 'visitors'])];
    const path = '/v1/partners/acme/why';
    expect(await statusOf(reader.by, 'GET', path)).toBe('200');
    expect(await statusOf(reader.by, 'GET', `${path}?visitor=AAAAAAAAAAA`)).toBe('403 forbidden');
    expect(await statusOf(looker.by, 'GET', `${path}?visitor=AAAAAAAAAAA`)).toBe('200');
    const { items } = await server.operator.json<{ items: AuditLine[] }>('GET', '/v1/audit?limit=500');
    const looks = items.filter(({ kind }) => kind === 'visitor');
    expect(looks.filter(({ by }) => by.id === reader.id)).toEqual([]);
    expect(looks.filter(({ by }) => by.id === looker.id)).toMatchObject([{ action: 'looked at' }]);
  });
});
