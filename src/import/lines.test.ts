import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { MAX_LINE, openLog } from './lines.ts';

const folder = mkdtempSync(join(tmpdir(), 'ninety-lines-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string): Promise<(string | undefined)[]> {
  return all((await openLog(path)).read(signal).lines);
}

async function all<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = [];
  for await (const line of lines) read.push(line);
  return read;
}

describe('a log file', () => {
  it('gives its lines, the last one also without an end', async () => {
    expect(await read(file('plain', 'a\nb\r\n\nlast'))).toEqual(['a', 'b', '', 'last']);
  });

  it('is the same with and without an end of the last line', async () => {
    expect(await read(file('ended', 'a\nb\n'))).toEqual(['a', 'b']);
  });

  it('gives no line when it is empty', async () => {
    expect(await read(file('empty', ''))).toEqual([]);
  });

  it('is unpacked where it is gzip, whatever its name, also of several parts', async () => {
    const parts = Buffer.concat([gzipSync('a\nb'), gzipSync('c\nd\n')]);
    expect(await read(file('log.2', parts))).toEqual(['a', 'bc', 'd']);
  });

  it('keeps letters whole that stand where two pieces of the file meet', async () => {
    const text = 'é'.repeat(50_000);
    expect(await read(file('letters', `x${text.slice(0, 32_000)}\n${text.slice(0, 32_000)}\n`))).toEqual([
      `x${text.slice(0, 32_000)}`,
      text.slice(0, 32_000),
    ]);
  });

  it('has a line that is too long passed over and goes on behind it', async () => {
    const long = 'x'.repeat(5 * MAX_LINE);
    expect(await read(file('long', `a\n${long}\nb\n${long}`))).toEqual(['a', undefined, 'b', undefined]);
  });

  it('can be read twice, and tells the bytes read each time', async () => {
    const log = await openLog(file('twice', gzipSync('a\nb\n')));
    for (const reading of [log.read(signal), log.read(signal)]) {
      expect(await all(reading.lines)).toEqual(['a', 'b']);
      expect(reading.bytesRead()).toBe(log.bytes);
    }
  });

  it('that does not exist is named', async () => {
    await expect(openLog(join(folder, 'nowhere'))).rejects.toMatchObject({ reason: 'missing' });
  });

  it('that is a folder is named', async () => {
    await expect(openLog(folder)).rejects.toMatchObject({ reason: 'no_file' });
  });

  it('that is cut off gives what it has and then says so', async () => {
    const path = file(
      'cut.gz',
      gzipSync(Array.from({ length: 50_000 }, (_, n) => `line ${n * 7919}\n`).join('')),
    );
    truncateSync(path, 60_000);
    const lines: (string | undefined)[] = [];
    const whole = async () => {
      for await (const line of (await openLog(path)).read(signal).lines) lines.push(line);
    };
    await expect(whole()).rejects.toMatchObject({ reason: 'damaged' });
    expect(lines.slice(0, 2)).toEqual(['line 0', 'line 7919']);
  });
});
