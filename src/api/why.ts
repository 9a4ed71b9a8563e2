import { Hono } from 'hono';
import type { ClickHouse } from '../clickhouse/client.ts';
import { MAY_HAND_OUT } from '../consent/purposes.ts';
import { SET_ASIDE_REASONS, type SetAsideReason } from '../identity/set-aside.ts';
import { isVisitorId, type VisitorId, visitorNumber } from '../identity/visitor.ts';
import { writeLook } from '../report/audit.ts';
import type { SyncDoor } from '../sync/door.ts';
import { type SyncOutcome, sentenceOf } from '../sync/outcome.ts';
import { stateKey } from '../sync/state.ts';
import { foretell, type Why } from '../sync/why.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope } from './http.ts';
import { ApiError } from './problem.ts';

/** What `GET /v1/partners/{id}/why` answers. */
export interface ShownWhy extends Why {
  /** How this partner's syncs ended within the last 24 hours, the commonest first. */
  readonly lastDay: readonly { readonly outcome: string; readonly detail: string; readonly n: number }[];
  /** What is stored of the visitor who was asked about. */
  readonly stored?: Stored;
  /** What the partner said last of the visitor who was asked about, where that is the browser that asks and no id came. */
  readonly returned?: { readonly outcome: SyncOutcome; readonly detail: string };
}

/** What an export to a partner would find of one visitor. */
export interface Stored {
  readonly optedOut: boolean;
  /** The newest word: none is kept, it was a no, it does not name the partner for handing out, it does. */
  readonly consent: 'none' | 'withdrawn' | 'without_partner' | 'given';
  /** Whether an id of the partner's is linked and believed. */
  readonly matched: boolean;
  /** Why links between the two, this one's or older ones, are not believed. */
  readonly setAside: readonly { readonly reason: SetAsideReason; readonly detail: string }[];
}

/** Of documentation (RFC 5737), so in no country: where no string speaks the law is not known, and a yes is needed. */
const NO_ADDRESS = '192.0.2.1';

/**
 * `GET /v1/partners/{id}/why?gdpr=&gdpr_consent=&us_privacy=&gpp=&gpp_sid=&gpc=&ip=&visitor=`: why a browser that
 * comes from an address with these signals is matched with a partner or not, how its syncs ended lately, and what is
 * stored of a visitor (11 characters). The last needs the scope `visitors` besides, and the look is written down before
 * it is answered.
 */
export function whyRoutes({ clickhouse, registry, secret }: Backend, sync: SyncDoor): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/:id/why', async (c) => {
    expectScope(c, 'read');
    const id = c.req.param('id');
    if (registry.get('partner', id) === undefined)
      throw new ApiError('not_found', `There is no partner ${id}.`);
    const visitor = c.req.query('visitor');
    if (visitor !== undefined) {
      const { id: actor } = expectScope(c, 'visitors');
      if (!isVisitorId(visitor))
        throw new ApiError('invalid', 'visitor must be the 11 characters of a visitor.');
      await writeLook(clickhouse, secret, { actor, action: 'looked at', visitor: visitorNumber(visitor) });
    }
    const signals = {
      gdpr: c.req.query('gdpr'),
      gdprConsent: c.req.query('gdpr_consent'),
      usPrivacy: c.req.query('us_privacy'),
      gpp: c.req.query('gpp'),
      gppSid: c.req.query('gpp_sid'),
      gpc: c.req.query('gpc') === '1',
    };
    const why = foretell(sync, id, signals, c.req.query('ip') ?? NO_ADDRESS, Date.now());
    c.header('Cache-Control', 'no-store');
    const told: ShownWhy = { ...why, lastDay: await lastDay(clickhouse, id) };
    if (visitor === undefined) return c.json(told);
    const optedOut = sync.isSuppressed?.(visitor) === true;
    const synced = sync.state.read(c.req.header('cookie'), visitor, Date.now()).get(stateKey(id));
    return c.json({
      ...told,
      stored: await storedOf(clickhouse, id, visitor, optedOut),
      ...(synced?.hasNone ? { returned: NONE } : {}),
    } satisfies ShownWhy);
  });
  return app;
}

const NONE = { outcome: 'no_partner_id', detail: sentenceOf('no_partner_id') } as const;

const CONSENT = `
  SELECT multiIf(withdrawn = 1, 'withdrawn', ${MAY_HAND_OUT} AND has(partners, {partner:String}), 'given',
                 'without_partner') AS consent
  FROM kept_consents WHERE visitor = {visitor:UInt64}`;
const MATCHED = `
  SELECT count() AS n FROM kept_matches WHERE source = {partner:String} AND visitor = {visitor:UInt64}`;
const SET_ASIDE = `
  SELECT DISTINCT reason FROM set_aside_links WHERE source = {partner:String} AND visitor = {visitor:UInt64}
  ORDER BY reason`;

async function storedOf(
  clickhouse: ClickHouse,
  partner: string,
  visitor: VisitorId,
  optedOut: boolean,
): Promise<Stored> {
  const about = { partner, visitor: String(visitorNumber(visitor)) };
  const [[word], [match], links] = await Promise.all([
    clickhouse.query<{ consent: Stored['consent'] }>(CONSENT, about),
    clickhouse.query<{ n: string }>(MATCHED, about),
    clickhouse.query<{ reason: SetAsideReason }>(SET_ASIDE, about),
  ]);
  return {
    optedOut,
    consent: word?.consent ?? 'none',
    matched: Number(match?.n) > 0,
    setAside: links.map(({ reason }) => ({ reason, detail: SET_ASIDE_REASONS[reason] })),
  };
}

async function lastDay(clickhouse: ClickHouse, partner: string): Promise<ShownWhy['lastDay']> {
  const rows = await clickhouse.query<{ reason: string; n: string }>(
    `SELECT reason, sum(kept_tallies.n) AS n FROM kept_tallies
     WHERE room = 'sync' AND site = {partner:String} AND time >= now('UTC') - INTERVAL 1 DAY
     GROUP BY reason ORDER BY n DESC, reason`,
    { partner },
  );
  return rows.map(({ reason, n }) => ({
    outcome: reason,
    // Of a version that knew other outcomes there is no sentence.
    detail: sentenceOf(reason as SyncOutcome) ?? '',
    n: Number(n),
  }));
}
