import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { formatOf, openHits } from './hits-source.ts';
import { UnreadableLogError } from './lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'ninety-hits-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file of Parquet', () => {
  it.each([
    ['packed with gzip', 'hits.parquet.gz', gzipSync('PAR1, and what a table is PAR1'), 'packed_parquet'],
    ['packed under another name', 'hits.parquet', gzipSync('PAR1'), 'packed_parquet'],
    ['that is something else', 'other.parquet', Buffer.from('hello'), 'no_parquet'],
    ['without a byte', 'empty.parquet', Buffer.of(), 'no_parquet'],
  ])('%s is refused by name, with what to do', async (_, name, bytes, reason) => {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    const failure = await openHits(file, formatOf(name)!, 'SITE').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnreadableLogError);
    expect(failure).toMatchObject({ reason });
    if (reason === 'packed_parquet') expect(String(failure)).toMatch(/Unpack it first/);
  });
});
