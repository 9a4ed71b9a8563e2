import { describe, expect, it } from 'vitest';
import { Collector } from '../collect/collector.ts';
import { GIF, pixel, type Response } from '../collect/door.ts';
import { type Front, front, headersOf, requestOf, SECRET, SITE } from '../collect/front.testing.ts';
import { deviceVisitor, suppressionHash, visitorId, visitorNumber } from '../identity/visitor.ts';
import type { JournalRefusal, Stream } from '../journal/name.ts';
import { setuid } from '../sync/setuid.ts';
import { optout } from './optout.ts';

const NOW = Date.UTC(2026, 10, 20, 12);
const VISITOR = visitorId(7n);
const HASH = suppressionHash(SECRET, VISITOR);
const IDFA = 'ea7583cd-a667-48bc-b806-42ecb2b48606';

/** The front door with opt-outs in memory; their file fails where told. */
function door(file: { fails?: boolean } = {}) {
  const base: Front = front();
  const hashes = new Set<bigint>();
  const faults: unknown[] = [];
  const suppressions = {
    has: (visitor: typeof VISITOR) => hashes.has(suppressionHash(SECRET, visitor)),
    add: async (hash: bigint) => {
      hashes.add(hash);
      if (file.fails) throw new Error('no space left');
    },
  };
  const journal = {
    appendAsync: (stream: Stream, line: string) =>
      new Promise<JournalRefusal | undefined>((done) => base.journal.append(stream, line, done)),
  };
  const collector = new Collector({
    rules: base.rules,
    journal: base.journal,
    geo: base.geo,
    tally: base.tally,
    secret: SECRET,
    retentionDays: 90,
    isSuppressed: suppressions.has,
  });
  return {
    ...base,
    hashes,
    faults,
    out: (headers: Record<string, string>) =>
      optout(
        { journal, cookie: base.cookie, suppressions, secret: SECRET, fault: (error) => faults.push(error) },
        requestOf('/optout', headers),
        NOW,
      ),
    hit: (query: string, headers: Record<string, string> = {}): Response => {
      const answers: Response[] = [];
      const request = requestOf(`/p.gif?s=${SITE.key}&u=https://shop.test/a${query}`, headers);
      pixel(collector, base.cookie, request, Date.now(), (answer) => answers.push(answer));
      return answers[0]!;
    },
    sync: (headers: Record<string, string>): Response => {
      const answers: Response[] = [];
      const options = { ...base, isSuppressed: suppressions.has };
      setuid(options, requestOf('/setuid?bidder=acme&uid=u1', headers), NOW, (answer) =>
        answers.push(answer),
      );
      return answers[0]!;
    },
  };
}

type Door = ReturnType<typeof door>;
const known = ({ cookie }: Door) => cookie.write(VISITOR, true).split(';')[0]!;
const MARK = 'n90_optout=1';
const set = (answer: Response) =>
  headersOf(answer, 'set-cookie').map((value) => value.split('; Max-Age=')[0]);
const result = (answer: Response) => headersOf(answer, 'ninety-result')[0];

describe('/optout', () => {
  it('marks the browser, takes its id away and writes down what is to be done', async () => {
    const front = door();
    const answer = await front.out({ cookie: known(front) });
    expect(answer.status).toBe(200);
    expect(set(answer)).toEqual([MARK, 'n90=']);
    expect(front.journal.of('optouts')).toEqual([
      {
        time: `${NOW / 1000}.000`,
        visitor: '7',
        hash: String(HASH),
        erasure: expect.stringMatching(/^[\w-]{21}$/),
      },
    ]);
    expect([...front.hashes]).toEqual([HASH]);
  });

  it('marks a browser that nothing is known of, and writes nothing', async () => {
    const front = door();
    expect(set(await front.out({}))).toEqual([MARK]);
    expect(set(await front.out({ cookie: 'n90=forged' }))).toEqual([MARK]);
    expect(front.journal.rows).toEqual([]);
  });

  it('is written once, however often it is said', async () => {
    const front = door();
    await front.out({ cookie: known(front) });
    expect(set(await front.out({ cookie: known(front) }))).toEqual([MARK, 'n90=']);
    expect(front.journal.of('optouts')).toHaveLength(1);
  });

  it('that the journal does not take marks the browser, and leaves its id to say it again', async () => {
    const front = door();
    front.journal.refusal = 'journal_full';
    const answer = await front.out({ cookie: known(front) });
    expect([answer.status, headersOf(answer, 'retry-after')]).toEqual([503, ['5']]);
    expect(set(answer)).toEqual([MARK]);
    expect(front.hashes.size).toBe(0);
    front.journal.refusal = undefined;
    // The next hit says it again.
    const hit = front.hit('', { cookie: `${known(front)}; ${MARK}` });
    expect([result(hit), set(hit)]).toEqual(['refused; reason=opted_out', ['n90=']]);
    expect(front.journal.of('optouts')).toMatchObject([{ visitor: '7', hash: String(HASH) }]);
  });

  it('counts also where the file beside the journal cannot be written', async () => {
    const front = door({ fails: true });
    expect((await front.out({ cookie: known(front) })).status).toBe(200);
    expect(front.faults).toHaveLength(1);
    expect(result(front.hit('', { cookie: known(front) }))).toBe('refused; reason=opted_out');
  });

  const forms: [string, Record<string, string>, string][] = [
    ['a person', { 'sec-fetch-dest': 'document' }, 'text/html; charset=utf-8'],
    ['an image', { 'sec-fetch-dest': 'image' }, 'image/gif'],
    ['an older browser’s image', { accept: 'image/avif,image/webp,*/*' }, 'image/gif'],
    ['an older browser’s page', { accept: 'text/html,image/avif,*/*' }, 'text/html; charset=utf-8'],
  ];
  it.each(forms)('answers %s', async (_, headers, type) => {
    const answer = await door().out(headers);
    expect(headersOf(answer, 'content-type')).toEqual([type]);
    if (type === 'image/gif') expect(answer.body).toBe(GIF);
    else
      expect(headersOf(answer, 'content-security-policy')[0]).toMatch(
        /^default-src 'none'; style-src 'sha256-/,
      );
  });
});

describe('what comes from who opted out', () => {
  it('is refused by the mark alone, and gets no cookie', () => {
    const front = door();
    const answer = front.hit('', { cookie: MARK });
    expect([result(answer), set(answer)]).toEqual(['refused; reason=opted_out', []]);
    expect(front.journal.rows).toEqual([]);
  });

  it('withdraws the ids that come with the mark', () => {
    const front = door();
    front.hit(`&did=${IDFA}&dt=idfa&fid=first-party-1`, { cookie: MARK });
    const device = visitorNumber(deviceVisitor(SECRET, { type: 'idfa', id: IDFA }));
    const withdrawn = front.journal.of('consents');
    expect(withdrawn.map((row) => row['withdrawn'])).toEqual(['1', '1']);
    expect(withdrawn.map((row) => row['visitor'])).toContain(String(device));
  });

  it('is refused by its id where the mark is lost, and another’s is not', () => {
    const front = door();
    const device = deviceVisitor(SECRET, { type: 'idfa', id: IDFA });
    front.hashes.add(HASH).add(suppressionHash(SECRET, device));
    expect(result(front.hit('', { cookie: known(front) }))).toBe('refused; reason=opted_out');
    expect(result(front.hit(`&did=${IDFA}&dt=idfa`))).toBe('refused; reason=opted_out');
    expect(result(front.hit('&fid=first-party-1'))).toBe('stored');
    expect(result(front.hit(''))).toBe('stored');
    expect(front.journal.of('hits')).toHaveLength(2);
  });

  it('gets no partner’s id: 401, as Prebid Server answers', () => {
    const front = door();
    expect(front.sync({ cookie: MARK }).status).toBe(401);
    front.hashes.add(HASH);
    const answer = front.sync({ cookie: known(front) });
    expect([answer.status, result(answer), set(answer)]).toEqual([401, 'refused; reason=opted_out', []]);
    expect(front.journal.rows).toEqual([]);
  });
});
