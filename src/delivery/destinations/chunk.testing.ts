import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Chunk, Context, Line, Told } from '../destination.ts';
import { readAllow } from '../outbound/allow.ts';
import { createOutbound } from '../outbound/guarded.ts';
import type { Outbound } from '../outbound.ts';

export const NINETY_DAYS_MINUTES = 90 * 24 * 60;

/** The guarded way out as tests are given it: to loopback as well, where the contract servers are. */
export const TO_LOOPBACK: Outbound = createOutbound({ allow: readAllow('127.0.0.0/8').allow });

/** A line of a chunk; its number is given by {@link chunkOf}. */
export type LineOf = Partial<Line> & { readonly uid: string };

export interface ChunkOptions extends Partial<Omit<Chunk, 'segments' | 'lines'>> {
  /** By code, what differs from a segment of that name that lives ninety days. */
  readonly segments?: Readonly<Record<string, Partial<Told>>>;
}

/** A chunk of these lines, of partner `partner` where they do not say; every code in them is a segment of it. */
export function chunkOf(lines: readonly LineOf[], { segments = {}, ...rest }: ChunkOptions = {}): Chunk {
  const whole = lines.map(
    (line, number): Line => ({
      source: 'partner',
      add: [],
      remove: [],
      all: line.add ?? [],
      ...line,
      number,
    }),
  );
  const codes = new Set([
    ...whole.flatMap(({ add, remove, all }) => [...add, ...remove, ...all]),
    ...Object.keys(segments),
  ]);
  return {
    key: 'run-1_chunk-1',
    planned: new Date('2026-03-01T12:00:00Z'),
    mode: 'delta',
    count: whole.length,
    ...rest,
    segments: new Map(
      [...codes].map((code) => [
        code,
        { code, name: code, ttlMinutes: NINETY_DAYS_MINUTES, size: whole.length, ...segments[code] },
      ]),
    ),
    lines: async function* () {
      yield* whole;
    },
  };
}

/** What `send` is given, inside a test: its folder goes with it. `memory` is what it wrote down, for the next try. */
export async function contextOf<Settings>(
  settings: Settings,
  given: Partial<Context<Settings>> = {},
): Promise<Context<Settings> & { readonly memory: { state: string | undefined } }> {
  const folder = await mkdtemp(join(tmpdir(), 'ninety-try-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const memory = { state: given.remembered };
  return {
    settings,
    outbound: TO_LOOPBACK,
    folder,
    drops: join(folder, 'drops'),
    now: () => new Date(),
    abort: new AbortController().signal,
    remembered: undefined,
    remember: async (state) => {
      memory.state = state;
    },
    ...given,
    memory,
  };
}
