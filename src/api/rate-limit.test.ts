import { describe, expect, it } from 'vitest';
import { type Answer, Operator, send } from '../../test/client.ts';
import { testServer } from './server.testing.ts';

/** Requests of a key; a tenth of it are bulk streams. */
const RATE = 30;
const server = await testServer({ NINETY_API_RATE: String(RATE) });

/** A new key. */
async function keyed(scopes: readonly string[] = ['read']): Promise<Operator> {
  const { key } = await server.operator.json<{ key: string }>('POST', '/v1/keys', { name: 'A key', scopes });
  return new Operator(server.url, key);
}

const told = ({ headers }: Answer) => [headers['ratelimit-policy'], headers['ratelimit']];
const SECONDS = /;t=(?:[1-9]|[1-5]\d|60)$/;

/** Asks until it is refused. @returns how often it was answered, and the refusal. */
async function spent(ask: () => Promise<Answer>): Promise<{ answered: number; refusal: Answer }> {
  for (let answered = 0; ; answered++) {
    const answer = await ask();
    if (answer.status === 429) return { answered, refusal: answer };
    if (answered > 200) throw new Error('never refused');
  }
}

describe('what a key asks of the API', () => {
  it('is bounded, says what is left, and is refused by name with when to come again', async () => {
    const operator = await keyed();
    const first = await operator.send('GET', '/v1/sites');
    expect(first.status).toBe(200);
    expect(told(first)).toEqual([`"requests";q=${RATE};w=60`, expect.stringMatching(SECONDS)]);
    expect(first.headers['ratelimit']).toMatch(`"requests";r=${RATE - 1};`);
    const { answered, refusal } = await spent(() => operator.send('GET', '/v1/sites'));
    expect(answered).toBe(RATE - 1);
    expect(refusal.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(refusal.body)).toMatchObject({ type: 'urn:ninety:rate_limited', status: 429 });
    expect(refusal.headers['ratelimit']).toMatch('"requests";r=0;');
    const wait = Number(refusal.headers['retry-after']);
    expect(wait).toBeGreaterThan(0);
    expect(refusal.headers['ratelimit']).toMatch(new RegExp(`;t=${wait}$`));
    expect((await server.operator.refusals()).get('rate_limited')).toBe(1);
  });

  it('is another’s for each key, and answers of errors count too', async () => {
    const [one, other] = [await keyed(), await keyed()];
    const { answered } = await spent(() => one.send('GET', '/v1/sites/no-such'));
    expect(answered).toBe(RATE);
    expect((await other.send('GET', '/v1/sites')).status).toBe(200);
  });

  it('counts bulk streams apart from small reads', async () => {
    const operator = await keyed();
    const members = () => operator.send('GET', '/v1/segments/no-such/members?as=visitor');
    const { answered, refusal } = await spent(members);
    expect(answered).toBe(RATE / 10);
    expect(told(refusal)[0]).toBe(`"bulk";q=${RATE / 10};w=60`);
    const small = await operator.send('GET', '/v1/sites');
    expect([small.status, told(small)[0]]).toEqual([200, `"requests";q=${RATE};w=60`]);
  });

  it('bounds no browser, no probe, and nobody who comes without a key', async () => {
    const operator = await keyed();
    await spent(() => operator.send('GET', '/v1/sites'));
    const headers = { authorization: `Bearer ${operator.key}` };
    for (let asked = 0; asked < 3; asked++) {
      expect((await send('GET', `${server.url}/p.gif?s=none&u=https://a.test/`)).status).toBe(200);
      for (const path of ['/healthz', '/metrics', '/privacy', '/tag.js'])
        expect([path, (await send('GET', server.url + path, headers)).status]).toEqual([path, 200]);
      expect((await send('POST', `${server.url}/v1/hits`, {}, '[]')).status).toBe(202);
      expect((await send('GET', `${server.url}/v1/me?s=none`, headers)).status).toBe(403);
      expect((await send('GET', `${server.url}/v1/sites`)).status).toBe(401);
    }
  });
});

describe('keys that there are not', () => {
  it('can be tried so often from one address, which then learns of no key whether it is right', async () => {
    const [known, late] = [await keyed(), await keyed()];
    const from = (address: string, key: string) =>
      send('GET', `${server.url}/v1/sites`, { authorization: `Bearer ${key}`, 'x-forwarded-for': address });
    const attacked = '192.0.2.9';
    expect((await from(attacked, known.key)).status).toBe(200);
    const { answered, refusal } = await spent(() => from(attacked, 'n90_a-key-that-is-wrong'));
    expect(answered).toBe(60);
    expect(JSON.parse(refusal.body)).toMatchObject({ type: 'urn:ninety:too_many_sign_ins' });
    expect(Number(refusal.headers['retry-after'])).toBeGreaterThan(0);
    // Right, and new there.
    expect((await from(attacked, late.key)).status).toBe(429);
    // Who had come from there before goes on, and so does everybody elsewhere.
    expect((await from(attacked, known.key)).status).toBe(200);
    expect((await from('192.0.2.10', late.key)).status).toBe(200);
    expect((await from('192.0.2.10', 'n90_a-key-that-is-wrong')).status).toBe(401);
    expect((await server.operator.refusals()).get('too_many_sign_ins')).toBe(2);
  });

  it('are tried from one address wherever in its network of IPv6 they come from', async () => {
    const from = (host: number) =>
      send('GET', `${server.url}/v1/sites`, {
        authorization: 'Bearer n90_a-key-that-is-wrong',
        'x-forwarded-for': `2001:db8:7::${host.toString(16)}`,
      });
    let host = 0;
    const { answered } = await spent(() => from(++host));
    expect(answered).toBe(60);
  });
});
