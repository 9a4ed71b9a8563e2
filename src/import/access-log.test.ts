import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseLine } from './access-log.ts';

const AGENT = 'Mozilla/5.0 (X11; Linux x86_64)';
const line = (
  parts: { address?: string; user?: string; time?: string; request?: string; tail?: string } = {},
) =>
  `${parts.address ?? '192.0.2.7'} - ${parts.user ?? '-'} [${parts.time ?? '17/May/2015:10:05:03 +0000'}] "${
    parts.request ?? 'GET /a HTTP/1.1'
  }" ${parts.tail ?? `200 12 "-" "${AGENT}"`}`;

describe('a line of an access log', () => {
  it('in the combined format gives every field', () => {
    expect(parseLine(line({ tail: `304 - "http://a.example/?q=1" "${AGENT}"` }))).toEqual({
      address: '192.0.2.7',
      time: Date.UTC(2015, 4, 17, 10, 5, 3),
      request: 'GET /a HTTP/1.1',
      status: 304,
      referrer: 'http://a.example/?q=1',
      userAgent: AGENT,
    });
  });

  it('in the common format says nothing of referrer and browser', () => {
    expect(parseLine(line({ tail: '200 12' }))).toMatchObject({ referrer: undefined, userAgent: undefined });
  });

  it('with a dash for a header says that it did not come', () => {
    expect(parseLine(line({ tail: '200 12 "-" "-"' }))).toMatchObject({ referrer: '', userAgent: '' });
  });

  it('may begin with an IPv6 address', () => {
    expect(parseLine(line({ address: '2001:db8::7' }))?.address).toBe('2001:db8::7');
  });

  it('may name a user with spaces and brackets in the name', () => {
    expect(parseLine(line({ user: 'Jane [admin] Doe' }))).toBeUndefined();
    expect(parseLine(line({ user: 'Jane Doe' }))?.status).toBe(200);
  });

  it('keeps a quote that the browser sent and the server escaped', () => {
    const read = parseLine(line({ tail: String.raw`200 12 "http://a.example/\"x\"" "a \\\" b"` }));
    expect(read).toMatchObject({ referrer: 'http://a.example/"x"', userAgent: String.raw`a \" b` });
  });

  it('has its escaped bytes put together to letters', () => {
    expect(parseLine(line({ request: String.raw`GET /caf\xc3\xa9 HTTP/1.1` }))?.request).toBe(
      'GET /café HTTP/1.1',
    );
  });

  it('is in the zone that it names', () => {
    expect(parseLine(line({ time: '17/May/2015:10:05:03 -0730' }))?.time).toBe(
      Date.UTC(2015, 4, 17, 17, 35, 3),
    );
  });

  it('may go on behind the browser', () => {
    expect(parseLine(line({ tail: `200 12 "-" "${AGENT}" "203.0.113.1" 0.002` }))?.userAgent).toBe(AGENT);
  });

  it.each([
    ['nothing', ''],
    ['a host name in place of the address', line({ address: 'host.example' })],
    ['a day that is not in the calendar', line({ time: '30/Feb/2015:10:05:03 +0000' })],
    ['a month that is none', line({ time: '17/Mai/2015:10:05:03 +0000' })],
    ['an hour that is none', line({ time: '17/May/2015:25:05:03 +0000' })],
    ['no status', line({ tail: '- 12 "-" "-"' })],
    ['a status of four digits', line({ tail: '2000 12 "-" "-"' })],
    ['a browser whose quote never closes', line({ tail: '200 12 "-" "Mozilla' })],
    ['a browser whose last quote is escaped', line({ tail: String.raw`200 12 "-" "Mozilla\"` })],
    ['a referrer and no browser', line({ tail: '200 12 "-"' })],
    ['a browser with something grown to it', line({ tail: '200 12 "-" "a"b' })],
    ['another format', '2015-05-17 10:05:03 192.0.2.7 GET /a 200'],
  ])('is malformed with %s', (_, text) => {
    expect(parseLine(text)).toBeUndefined();
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (request, tail) => {
        parseLine(request);
        const read = parseLine(line({ request, tail }));
        expect(read === undefined || Number.isFinite(read.time)).toBe(true);
      }),
    );
  });
});
