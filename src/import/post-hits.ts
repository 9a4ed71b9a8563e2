import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Refusal } from '../collect/refusal.ts';
import type { ImportReport } from './report.ts';
import { UnreachableError } from './unreachable.ts';

/** What the server said to a request. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Seconds, where the server named them. */
  readonly retryAfter: number | undefined;
}

/**
 * Sends a JSON body to `POST /v1/hits`.
 *
 * @throws UnreachableError where no answer came.
 */
export type SendHits = (body: string) => Promise<Answer>;

/** Why an import ends before its log does. */
export type StopReason = 'server_busy' | 'server_refuses';

export class ImportStoppedError extends Error {
  readonly reason: StopReason;

  constructor(reason: StopReason, message: string) {
    super(message);
    this.name = 'ImportStoppedError';
    this.reason = reason;
  }
}

/** With the server's five seconds between them, a minute: a restart or a full disk being emptied fits. */
const ATTEMPTS = 12;
const WAIT_S = 5;
/** A server that names a longer wait is asked again after this. */
const LONGEST_WAIT_S = 60;

/** How the hits of a request ended. */
const settledForm = z.object({
  refused: z.array(z.object({ index: z.number(), reason: z.string() })),
});

/**
 * Hands hits to the server until each is stored or refused for good. What the server has no room for, and
 * what got no answer, is sent again after a while: a hit carries its own id, so that it counts once.
 *
 * @param hits each as JSON.
 * @param report grows by how the hits ended.
 * @throws ImportStoppedError where the server's trouble does not pass, or it does not take hits at all;
 *   UnreachableError; the signal's reason.
 */
export async function postHits(
  hits: readonly string[],
  send: SendHits,
  report: ImportReport,
  signal: AbortSignal,
): Promise<void> {
  let left = hits;
  for (let attempt = 1; ; attempt++) {
    const answer = await send(`[${left.join(',')}]`).catch((error: unknown) => {
      if (!(error instanceof UnreachableError) || attempt === ATTEMPTS) throw error;
      return undefined;
    });
    if (answer !== undefined) left = settle(left, answer, report);
    if (left.length === 0) return;
    if (attempt === ATTEMPTS)
      throw new ImportStoppedError(
        'server_busy',
        'The server still has no room for more hits: its journal is full or cannot be written. See ninety status and its log.',
      );
    const wait = Math.min(answer?.retryAfter ?? WAIT_S, LONGEST_WAIT_S);
    await sleep(wait * 1000, undefined, { signal });
  }
}

/** The refusals that pass. */
const PASSING: ReadonlySet<string> = new Set<Refusal>(['journal_full', 'journal_failed']);

/** Counts how the hits ended; returns those that are to be sent again. */
function settle(hits: readonly string[], answer: Answer, report: ImportReport): readonly string[] {
  const settled = answer.status === 202 || answer.status === 503 ? readSettled(answer.text) : undefined;
  // A proxy before a server that is away says nothing of hits.
  if (settled === undefined && answer.status === 503) return hits;
  if (settled === undefined)
    throw new ImportStoppedError(
      'server_refuses',
      answer.status === 404
        ? 'The server takes no hits: an import needs one with the roles collect and api (NINETY_ROLES).'
        : `The server does not take these hits (${answer.status}): ${detailOf(answer.text)}`,
    );
  const again: string[] = [];
  for (const { index, reason } of settled.refused) {
    if (PASSING.has(reason)) again.push(hits[index]!);
    else report.refusedThere(reason);
  }
  report.stored += hits.length - settled.refused.length;
  return again;
}

function readSettled(text: string): z.output<typeof settledForm> | undefined {
  try {
    return settledForm.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The sentence of a problem (RFC 9457). */
function detailOf(text: string): string {
  try {
    return z.object({ detail: z.string() }).parse(JSON.parse(text)).detail;
  } catch {
    return 'it is no Ninety server, or of another version. --url is the address at which it listens, without a path.';
  }
}
