import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { hitOfQuery } from './door.ts';
import { readPage } from './page.ts';
import { readReferrer } from './referrer.ts';
import { scrubText, scrubUrl } from './scrub.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const ENTRIES = 2_000;
const REQUEST = 15_000;

/** A piece of a request of 15 kB, as the front door cuts it out. */
function piece(text: string): string {
  const request = Buffer.from(text.padEnd(REQUEST, '&')).toString('latin1');
  return request.slice(0, text.length);
}

function view(query: string): void {
  const hit = hitOfQuery(piece(query));
  readPage(hit.url!, hit);
}

const escaped = (length: number) => encodeURIComponent(`https://a.test/${'x/'.repeat(length / 2)}`);

it.each<[string, (n: number) => void]>([
  ['a text', (n) => scrubText(piece(`a title of some words, the number of which is ${n}`), 300)],
  ['a long text', (n) => scrubText(piece(`${n} ${'words and '.repeat(60)}`), 300)],
  ['an address', (n) => scrubUrl(piece(`https://a.test/one/of/many/pages/${n}`))],
  ['a referrer', (n) => readReferrer(piece(`https://b.test/one/of/many/pages/${n}`), 'a.test', [])],
  ['a page', (n) => view(`u=https://a.test/${n}&t=a-title-of-number-${n}&k=keyword-of-number-${n}`)],
  ['a page of many escapes', (n) => view(`u=${escaped(500)}${n}&t=a-title-of-number-${n}`)],
  ['a page with a long title', (n) => view(`u=${escaped(350)}${n}&t=${'a-title-'.repeat(70)}${n}`)],
])('to remember %s keeps no request in memory', (_, remember) => {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let n = 0; n < ENTRIES; n++) remember(n);
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / ENTRIES).toBeLessThan(REQUEST / 3);
});
