import type { z } from 'zod';
import type { Outbound } from './outbound.ts';

/** How one id stands with a destination's segments. */
export interface Line {
  /** Its place in the chunk, from 0: by it a destination says which one it did not take. */
  readonly number: number;
  /** Whose id: a partner's, or a device type such as `idfa`. */
  readonly source: string;
  readonly uid: string;
  /** What the destination calls the segments that the id came into, or stays in beyond their expiry. */
  readonly add: readonly string[];
  /** And those it left. */
  readonly remove: readonly string[];
  /** Every segment the id is in now; only for destinations that are told `all`. */
  readonly all: readonly string[];
  /** Whether all data of the id is to be deleted, because its person was erased; only for destinations that `forget`. */
  readonly erased?: boolean;
  /** Whether the destination is to target the id no more, because its person opted out; only where it `forget`s. */
  readonly optedOut?: boolean;
}

/** A segment as a destination has it. */
export interface Told {
  /** What the destination calls it. */
  readonly code: string;
  readonly name: string;
  /** Minutes after which the destination is to forget a member whom it hears no more of. */
  readonly ttlMinutes: number;
  /** How many it has, for destinations that describe their segments. */
  readonly size: number;
  /** IAB Audience 1.1. */
  readonly iabAudienceId?: string;
}

/** What is sent at once, and sent again the same where there was no answer. */
export interface Chunk {
  /** Made once: the same for every try, and of no other chunk. At most 64 of a-z, 0-9, _ and -. */
  readonly key: string;
  /** When it was planned; file names and timestamps tell this, so that each try tells the same. */
  readonly planned: Date;
  /** Whether it is the whole of what the destination is to have, or what changed. */
  readonly mode: 'full' | 'delta';
  /** By code; of a destination that is told segment by segment only the one. */
  readonly segments: ReadonlyMap<string, Told>;
  /** How many lines there are. */
  readonly count: number;
  /** Reads them anew with each call, in the same order. Never all of them in memory. */
  readonly lines: () => AsyncIterable<Line>;
}

/** What a destination is given to work with. `Settings` are those it declares, secrets in clear. */
export interface Context<Settings> {
  readonly settings: Settings;
  readonly outbound: Outbound;
  /** A folder of this try alone, deleted behind it. */
  readonly folder: string;
  /** Below it lie the folders of destinations that are given files in a folder of this machine; none leaves it. */
  readonly drops: string;
  readonly now: () => Date;
  readonly abort: AbortSignal;
  /** What an earlier try of the same chunk wrote down; undefined in the first. */
  readonly remembered: string | undefined;
  /** Writes down how far this try is (the number of a job), before it goes on. Kept until the chunk is done. */
  readonly remember: (state: string) => Promise<void>;
}

/** Why a destination did not take a chunk or a line. */
export const DELIVERY_REASONS = [
  // Of a whole chunk.
  /** It has the chunk and is not done with it: no failure, to be asked again. */
  'processing',
  'unauthorized',
  'forbidden',
  'rate_limited',
  'unavailable',
  'timed_out',
  'unreachable',
  'address_refused',
  'rejected',
  'too_large',
  'bad_answer',
  'job_failed',
  /** Of our own program. */
  'fault',
  /** Nor of its doing: the chunk waited for longer than its lines are kept. */
  'lapsed',
  // Of a line.
  'unknown_id',
  'bad_id',
  'unknown_segment',
  'bad_segment',
  'expired',
  'not_consented',
  'line_rejected',
] as const;
export type DeliveryReason = (typeof DELIVERY_REASONS)[number];

/** A chunk was not taken. */
export class DeliveryError extends Error {
  readonly reason: DeliveryReason;
  /** Whether the same may be taken later; else trying again is of no use until somebody changes something. */
  readonly retry: boolean;
  /** How long the destination asks to wait at least, in milliseconds. */
  readonly afterMs: number | undefined;

  /** @param detail what a person needs to know beside; never a secret, never an id. */
  constructor(
    reason: DeliveryReason,
    detail: string,
    options: { retry: boolean; afterMs?: number | undefined },
  ) {
    super(detail);
    this.name = 'DeliveryError';
    this.reason = reason;
    this.retry = options.retry;
    this.afterMs = options.afterMs;
  }
}

/** A line that was not taken. */
export interface FailedLine {
  readonly number: number;
  readonly reason: DeliveryReason;
  /** What the destination said, without the id. */
  readonly detail: string;
  readonly retry: boolean;
}

/** What became of a chunk that was taken. */
export interface Taken {
  /** Lines taken, as far as the destination tells; else all but those that failed. */
  readonly accepted: number;
  readonly failed: readonly FailedLine[];
  /** Lines not taken of which the destination tells how many, and not which. */
  readonly counted?: ReadonlyMap<DeliveryReason, number>;
}

/** Bounds of what is sent at once. */
export interface Limits {
  /** Lines of a chunk. */
  readonly lines: number;
  /** Chunks under way at the same moment. */
  readonly concurrency: number;
  /** Chunks begun a minute. */
  readonly perMinute?: number;
  /**
   * URLs of which the other side bounds the callers over all that lead there: of destinations with one in common only
   * one is sent to at a time, so that `concurrency` holds for the whole installation.
   */
  readonly endpoints?: readonly string[];
  /** Minutes that lie between what one run sends and what another does, whatever they were made for. */
  readonly restMinutes?: number;
}

/** A kind of destination: one file each in `destinations/`. */
export interface DestinationType<Settings extends z.ZodObject = z.ZodObject> {
  /** Fixed, in objects and URLs, such as `trade-desk-first-party`. */
  readonly type: string;
  readonly title: string;
  /** One sentence for who chooses. */
  readonly summary: string;
  /** What an operator fills in. */
  readonly settings: Settings;
  /** Names of settings that are encrypted where they are kept, and never shown again. */
  readonly secrets: readonly (keyof z.output<Settings> & string)[];
  /**
   * Names of settings that say where things go, or who is taken to be there: who changes one of them must know the
   * secrets, because these are shown to whoever is there.
   */
  readonly places: readonly (keyof z.output<Settings> & string)[];
  /** Which ids it takes: those of a partner, and of which device types. */
  readonly takes: { readonly partner: boolean; readonly devices: readonly string[] };
  /** In the Global Vendor List, where it is known; the destination object can name another. */
  readonly gvlId?: number;
  /** What it can be told: changes, or of each id that changed all its segments. */
  readonly tells: 'changes' | 'all';
  /** Whether a chunk is of one segment alone. */
  readonly bySegment: boolean;
  /** Whether it understands a removal, or only forgets whom it hears no more of. */
  readonly removes: boolean;
  /** Whether it can be asked to delete all that it has of an id, and told of opt-outs; without: it cannot. */
  readonly forgets?: boolean;
  /**
   * Whether it never targets an id again that it was told the opt-out of, also where the person opts in again here: for
   * receipts. `settings` are those that are kept, without what is usual. Without: it does.
   */
  readonly keepsOptOuts?: (settings: Readonly<Record<string, unknown>>) => boolean;
  /** Days after which it forgets a member, unless told; and the most it can be told. */
  readonly expiryDays: { readonly usual: number; readonly most: number };
  readonly limits: (settings: z.output<Settings>) => Limits;
  /** What is wrong with the name by which a segment is to be known there; undefined: nothing. */
  readonly refuseCode?: (code: string) => string | undefined;
  /**
   * Whether what a try wrote down says that the destination has all of the chunk, and is only to be asked what became
   * of it: then the chunk stays as it was sent until that is known, whoever left it meanwhile. Without: it never does.
   */
  readonly hasAll?: (remembered: string) => boolean;
  /**
   * Sends a chunk once. Trying again, waiting and giving up are the caller's.
   *
   * @throws DeliveryError
   */
  readonly send: (chunk: Chunk, context: Context<z.output<Settings>>) => Promise<Taken>;
  /**
   * The first lines as they would be sent, secrets and all ids beyond `chunk.lines` left out: what a dry run shows.
   */
  readonly preview: (chunk: Chunk, settings: z.output<Settings>) => Promise<string>;
}
