import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { visitorId, visitorNumber } from '../identity/visitor.ts';
import type { PrivacyDoor } from '../privacy/routes.ts';
import { type Look, writeLook } from '../report/audit.ts';
import { type Profile, readProfile } from '../report/profile.ts';
import type { Backend } from './backend.ts';
import { visitorsNamed } from './explain.ts';
import { type Env, expectScope } from './http.ts';
import { ApiError } from './problem.ts';

/** What `GET /v1/visitors/{id}` answers. */
export interface ShownProfile extends Profile {
  /** The 11 characters. */
  readonly visitor: string;
  /** Under the same id were seen besides. */
  readonly others: readonly string[];
}

/**
 * `GET /v1/visitors/{id}`: what is stored of a visitor; `me` is the browser that asks. For keys of scope `visitors`,
 * and each look is written down before it is answered.
 */
export function profileRoutes(
  backend: Backend,
  { cookie, request }: Pick<PrivacyDoor, 'cookie' | 'request'>,
): Hono<Env> {
  const { clickhouse, config, secret } = backend;
  const app = new Hono<Env>();
  const shown = async (actor: string, action: Look, visitor: bigint, others: readonly bigint[]) => {
    await writeLook(clickhouse, secret, { actor, action, visitor });
    const profile = await readProfile(clickhouse, visitor, config.retentionDays);
    const told: ShownProfile = { visitor: visitorId(visitor), others: others.map(visitorId), ...profile };
    return told;
  };
  app.get('/me', async (c) => {
    const { id } = expectScope(c, 'visitors');
    const own = cookie.read(request((c.env as HttpBindings).incoming).header('cookie'));
    if (own === undefined)
      throw new ApiError(
        'not_found',
        'This browser has no cookie of ours: open a page with the tag in it first, and look again.',
      );
    c.header('Cache-Control', 'no-store');
    return c.json(await shown(id, 'looked at own browser', visitorNumber(own), []));
  });
  // A partner's id may hold any printable character, a slash too.
  app.get('/:id{.+}', async (c) => {
    const { id } = expectScope(c, 'visitors');
    const [visitor, ...others] = await visitorsNamed(backend, c.req.param('id'));
    c.header('Cache-Control', 'no-store');
    return c.json(await shown(id, 'looked at', visitor!, others));
  });
  return app;
}
