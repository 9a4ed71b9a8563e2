import { describe, expect, it } from 'vitest';
import type { LogLine } from './access-log.ts';
import { viewedPage } from './page.ts';

const line = (request: string, status = 200): LogLine => ({
  address: '192.0.2.7',
  time: 0,
  request,
  status,
  referrer: '',
  userAgent: 'Mozilla/5.0',
});

describe('a line of a log', () => {
  it.each([
    '/',
    '/blog/',
    '/blog/post.html',
    '/index.php?id=7',
    '/wiki/John.Smith',
    '/release-1.2',
    '/projects/a.xhtml',
    '/?q=picture.png',
    '/search?q=rss',
    '/%E2%82%AC',
    '//double',
  ])('is a page view for %s', (target) => {
    expect(viewedPage(line(`GET ${target} HTTP/1.1`))).toEqual({ target });
  });

  it.each([
    '/a/b.png',
    '/A.JPG',
    '/style.css?v=3',
    '/app.js#x',
    '/robots.txt',
    '/favicon.ico',
    '/sitemap.xml',
    '/paper.pdf',
    '/x.tar.gz',
    '/feed',
    '/blog/feed/',
    '/atom',
    '/?flav=rss20',
    '/blog/?a=1&feed=atom',
  ])('is an asset for %s', (target) => {
    expect(viewedPage(line(`GET ${target} HTTP/1.1`))).toBe('asset');
  });

  it.each([200, 204, 206, 304])('is a page view when the answer was %i', (status) => {
    expect(viewedPage(line('GET /a HTTP/1.1', status))).toEqual({ target: '/a' });
  });

  it.each([101, 301, 302, 400, 404, 500])('is no page view when the answer was %i', (status) => {
    expect(viewedPage(line('GET /a HTTP/1.1', status))).toBe('not_a_page_view');
  });

  it.each([
    'POST /a HTTP/1.1',
    'HEAD /a HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'CONNECT a.example:443 HTTP/1.1',
    'GET http://elsewhere.example/ HTTP/1.1',
    'GET /a b HTTP/1.1',
    '\u0016\u0003\u0001',
    '-',
    '',
  ])('is no page view for the request "%s"', (request) => {
    expect(viewedPage(line(request))).toBe('not_a_page_view');
  });

  it('of HTTP 0.9, which names no version, is a page view', () => {
    expect(viewedPage(line('GET /a'))).toEqual({ target: '/a' });
  });

  it('is for the method first and for the file second', () => {
    expect(viewedPage(line('GET /a.png HTTP/1.1', 404))).toBe('not_a_page_view');
  });
});
