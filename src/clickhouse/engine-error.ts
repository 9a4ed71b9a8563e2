import { EXIT_UNLOADABLE } from './engine-config.ts';

/** Why the embedded engine does not run. */
export const ENGINE_FAULTS = {
  platform_unsupported:
    'The embedded engine runs on Linux x64 and arm64 (glibc) and on macOS x64 and arm64. Here, set CLICKHOUSE_URL to a ClickHouse server.',
  engine_missing:
    'The packages of the embedded engine are not installed. Install without --omit=optional, or set CLICKHOUSE_URL to a ClickHouse server.',
  engine_unloadable:
    'The library of the embedded engine cannot be loaded: its file is damaged or the process may not map enough memory (ulimit -v). Install again, or set CLICKHOUSE_URL to a ClickHouse server.',
  folder_unusable:
    'The engine cannot write to its folder: the disk is full, or the folder is not writable. Make room, or name another with NINETY_DATA.',
  folder_in_use:
    'Another engine works in the same folder, or a file in it cannot be opened. End the other process, or name another folder with NINETY_DATA.',
  port_taken:
    'The port of the engine is taken by another process. End that one, or start again for another port.',
  out_of_memory:
    'The engine ran out of memory, or the system killed it. Give the machine more, or bound the engine with NINETY_ENGINE_MEMORY_MB.',
  start_timeout:
    'The engine did not answer in time. Is the disk very slow or the machine overloaded? The stored data is as it was; start again.',
  start_failed:
    'The engine ended while starting. The stored data is as it was; if this repeats, its folder may be damaged: put it back from a backup.',
} as const;

export type EngineFault = keyof typeof ENGINE_FAULTS;

/** An engine that does not run: why, and in its message what to do. */
export class EngineError extends Error {
  readonly reason: EngineFault;
  /** The engine's last lines. They can hold pieces of rows, so no log or answer finds them by itself. */
  declare readonly raw: readonly string[];

  constructor(reason: EngineFault, raw: readonly string[] = []) {
    super(ENGINE_FAULTS[reason]);
    this.name = 'EngineError';
    this.reason = reason;
    Object.defineProperty(this, 'raw', { value: [...raw], enumerable: false });
  }
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Codes of ClickHouse's ErrorCodes.cpp that tell why it did not start. */
const FAULT_OF_CODE: Readonly<Record<number, EngineFault>> = {
  75: 'folder_unusable', // CANNOT_WRITE_TO_FILE_DESCRIPTOR
  76: 'folder_in_use', // CANNOT_OPEN_FILE, as for the lock of the folder
  173: 'out_of_memory', // CANNOT_ALLOCATE_MEMORY
  210: 'port_taken', // NETWORK_ERROR; at the start there is nothing but our own port
  241: 'out_of_memory', // MEMORY_LIMIT_EXCEEDED
  243: 'folder_unusable', // NOT_ENOUGH_SPACE
};

/** ClickHouse's error code in a line of the engine's, undefined where it holds none. */
export function codeIn(line: string): number | undefined {
  const code = /\bCode: (\d+)\. DB::/.exec(line)?.[1];
  return code === undefined ? undefined : Number(code);
}

/** @param lines what the engine said last. @returns the error of a start that ended in `exit`. */
export function startError(exit: Exit, lines: readonly string[]): EngineError {
  if (exit.code === EXIT_UNLOADABLE) return new EngineError('engine_unloadable', lines);
  // We did not send it: on Linux that is how the kernel ends a process when memory is short.
  if (exit.signal === 'SIGKILL') return new EngineError('out_of_memory', lines);
  const code = lines.map(codeIn).findLast((found) => found !== undefined);
  return new EngineError((code !== undefined && FAULT_OF_CODE[code]) || 'start_failed', lines);
}

/**
 * Whether the engine's library exists for a machine.
 *
 * @param glibc version of the GNU C library, undefined on a system with another (Alpine's musl).
 */
export function isSupported(platform: string, arch: string, glibc: string | undefined): boolean {
  const system = platform === 'darwin' || (platform === 'linux' && glibc !== undefined);
  return system && (arch === 'x64' || arch === 'arm64');
}
