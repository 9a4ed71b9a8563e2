import { describe, expect, it } from 'vitest';
import { type Answer, ImportStoppedError, postHits, type SendHits } from './post-hits.ts';
import { ImportReport } from './report.ts';
import { UnreachableError } from './unreachable.ts';

/** A server that gives these answers one after the other, the last one for good; each at once. */
function server(...answers: (Partial<Answer> | UnreachableError)[]): { send: SendHits; bodies: string[] } {
  const bodies: string[] = [];
  const send: SendHits = async (body) => {
    const answer = answers[Math.min(bodies.length, answers.length - 1)]!;
    bodies.push(body);
    if (answer instanceof UnreachableError) throw answer;
    return { status: 202, text: '', retryAfter: 0, ...answer };
  };
  return { send, bodies };
}

const said = (status: number, refused: [number, string][]): Partial<Answer> => ({
  status,
  text: JSON.stringify({ refused: refused.map(([index, reason]) => ({ index, reason })) }),
});

const HITS = ['{"hitId":"a"}', '{"hitId":"b"}', '{"hitId":"c"}'];
const post = (send: SendHits, report: ImportReport, signal = new AbortController().signal) =>
  postHits(HITS, send, report, signal);

describe('a request of an import', () => {
  it('counts what is stored and what is refused', async () => {
    const report = new ImportReport();
    await post(server(said(202, [[1, 'bot']])).send, report);
    expect([report.stored, report.refused()]).toEqual([2, [['bot', 1]]]);
  });

  it('sends again what the journal had no room for, and that only', async () => {
    const report = new ImportReport();
    const { send, bodies } = server(
      said(202, [
        [0, 'bot'],
        [2, 'journal_full'],
      ]),
      said(202, []),
    );
    await post(send, report);
    expect(bodies.map((body) => JSON.parse(body))).toEqual([
      [{ hitId: 'a' }, { hitId: 'b' }, { hitId: 'c' }],
      [{ hitId: 'c' }],
    ]);
    expect([report.stored, report.refused()]).toEqual([2, [['bot', 1]]]);
  });

  it('counts a refusal once that came with an answer of 503', async () => {
    const report = new ImportReport();
    const full = said(503, [
      [0, 'bot'],
      [1, 'journal_full'],
      [2, 'journal_failed'],
    ]);
    await post(server(full, said(202, [])).send, report);
    expect([report.stored, report.refused()]).toEqual([2, [['bot', 1]]]);
  });

  it('is repeated whole where a proxy says that nobody is there', async () => {
    const report = new ImportReport();
    const { send, bodies } = server({ status: 503, text: '<html>' }, said(202, []));
    await post(send, report);
    expect([report.stored, bodies.length]).toEqual([3, 2]);
  });

  it('gives up where the server stays full', async () => {
    const { send, bodies } = server({ status: 503, text: '' });
    await expect(post(send, new ImportReport())).rejects.toMatchObject({ reason: 'server_busy' });
    expect(bodies.length).toBeGreaterThan(3);
  });

  it.each([401, 403, 404, 413])('is not repeated where the answer is %i', async (status) => {
    const { send, bodies } = server({ status, text: '{"detail":"no"}' });
    await expect(post(send, new ImportReport())).rejects.toBeInstanceOf(ImportStoppedError);
    expect(bodies.length).toBe(1);
  });

  it('ends when it is interrupted while it waits', async () => {
    const interrupt = new AbortController();
    const { send } = server(new UnreachableError('http://a.example', 'ECONNREFUSED'));
    const waiting = post(send, new ImportReport(), interrupt.signal);
    interrupt.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
