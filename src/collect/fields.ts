import { MAX_NAME } from './campaign.ts';
import type { HitInput } from './hit.ts';
import { readProps } from './props.ts';
import { scrubText } from './scrub.ts';

export const PAGE_VIEW = 'pageview';

const MAX_DWELL_MS = 86_400_000;
/** Minutes: UTC-12 to UTC+14. */
const TZ_FROM = -720;
const TZ_TO = 840;
const EVENT = /^[A-Za-z][A-Za-z0-9_.:-]{0,63}$/;
const HIT_ID_LIMIT = 200;
const FIRST_PARTY_ID = /^[A-Za-z0-9_.-]{8,128}$/;

export const isFirstPartyId = (id: string): boolean => FIRST_PARTY_ID.test(id);

/** Nearly every event is a page view, and what need not be looked up costs nothing. */
export const isEvent = (event: string): boolean =>
  event === PAGE_VIEW || (EVENT.test(event) && event === scrubText(event, 64));

const fits = (value: number | undefined, from: number, to: number) =>
  value === undefined || (Number.isInteger(value) && value >= from && value <= to);

/** Whether numbers and ids of a hit are what they can be. */
export const fieldsFit = (input: HitInput): boolean =>
  fits(input.dwellMs, 0, MAX_DWELL_MS) &&
  fits(input.scroll, 0, 100) &&
  fits(input.tz, TZ_FROM, TZ_TO) &&
  (input.hitId === undefined || input.hitId.length <= HIT_ID_LIMIT) &&
  (input.firstPartyId === undefined || input.firstPartyId === '' || isFirstPartyId(input.firstPartyId));

/** The name of a campaign or creative as it may be stored; empty where none is given. */
export const nameOf = (given: string | undefined): string =>
  given === undefined || given === '' ? '' : scrubText(given, MAX_NAME);

const NO_PROPS: Readonly<Record<string, string>> = Object.freeze({});

/** @param given a flat object, or its JSON text as the pixel has it. */
export function propsOf(given: unknown): Readonly<Record<string, string>> | 'bad_field' {
  if (given === undefined || given === '') return NO_PROPS;
  try {
    return readProps(typeof given === 'string' ? JSON.parse(given) : given);
  } catch (error) {
    if (error instanceof SyntaxError) return 'bad_field';
    throw error;
  }
}
