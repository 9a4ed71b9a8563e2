import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { EXIT_UNLOADABLE } from './engine-config.ts';
import { EngineError, isSupported, startError } from './engine-error.ts';

describe('the end of a start', () => {
  const died = { code: 0, signal: null };
  it.each([
    ['an address in use', died, ['Code: 210. DB::Exception: Listen failed'], 'port_taken'],
    ['a locked store', died, ['Code: 76. DB::Exception: Cannot lock file'], 'folder_in_use'],
    ['a full disk', died, ['Code: 243. DB::Exception: Not enough space'], 'folder_unusable'],
    ['no memory', died, ['Code: 241. DB::Exception: (total) memory limit exceeded'], 'out_of_memory'],
    ['the last of several complaints', died, ['Code: 62. DB::E', 'Code: 210. DB::E', 'x'], 'port_taken'],
    ['damaged metadata', died, ['Code: 62. DB::Exception: Syntax error'], 'start_failed'],
    ['silence', died, [], 'start_failed'],
    ['a crash', { code: null, signal: 'SIGSEGV' as const }, [], 'start_failed'],
    ['the kernel’s hand', { code: null, signal: 'SIGKILL' as const }, [], 'out_of_memory'],
    ['a library that cannot be loaded', { code: EXIT_UNLOADABLE, signal: null }, ['no'], 'engine_unloadable'],
  ])('with %s has its reason', (_, exit, lines, reason) => {
    expect(startError(exit, lines).reason).toBe(reason);
  });

  it('keeps the engine’s own lines out of what a log prints', () => {
    const error = new EngineError('start_failed', ['a piece of a row']);
    expect(error.raw).toEqual(['a piece of a row']);
    expect(`${inspect(error)}${JSON.stringify(error)}${error.message}`).not.toContain('a piece of a row');
  });
});

describe('the platforms of the engine', () => {
  it.each([
    ['linux', 'x64', '2.36', true],
    ['linux', 'arm64', '2.31', true],
    ['linux', 'x64', undefined, false],
    ['linux', 'ia32', '2.36', false],
    ['darwin', 'arm64', undefined, true],
    ['darwin', 'x64', undefined, true],
    ['win32', 'x64', undefined, false],
    ['freebsd', 'x64', undefined, false],
  ])('%s %s with glibc %s: %s', (platform, arch, glibc, supported) => {
    expect(isSupported(platform, arch, glibc)).toBe(supported);
  });

  it('are named, with the way out, by the error', () => {
    const { message } = new EngineError('platform_unsupported');
    for (const word of ['Linux', 'macOS', 'x64', 'arm64', 'glibc', 'CLICKHOUSE_URL']) {
      expect(message).toContain(word);
    }
  });
});
