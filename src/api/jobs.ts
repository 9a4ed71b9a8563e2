import { Hono } from 'hono';
import type { PlannedJob } from '../jobs/jobs.ts';
import type { Run } from '../jobs/ledger.ts';
import { writeAct } from '../report/audit.ts';
import type { Backend } from './backend.ts';
import { type Env, expectScope, pageQuery } from './http.ts';
import { ApiError } from './problem.ts';

/** What `GET /v1/jobs` answers. */
export interface ShownJobs {
  /** Every job there is, in the order of the way of a hit. */
  readonly jobs: readonly PlannedJob[];
  /** The newest runs first. */
  readonly items: readonly Run[];
}

/** Every job with its schedule, the ledger, and running a job now. */
export function jobRoutes({ clickhouse, jobs, ledger, flush, log }: Backend): Hono<Env> {
  const app = new Hono<Env>();
  app.get('/', async (c) => {
    expectScope(c, 'read');
    return c.json({
      jobs: jobs.planned(),
      items: await ledger.list(pageQuery(c).limit),
    } satisfies ShownJobs);
  });
  app.post('/:name/run', async (c) => {
    const actor = expectScope(c, 'edit').id;
    const name = c.req.param('name');
    if (!jobs.names().includes(name))
      throw new ApiError('unknown_job', `There is no job ${name}; there are ${jobs.names().join(', ')}.`);
    await writeAct(clickhouse, { actor, action: 'ran', kind: 'job', subjects: [name] });
    const run = async () => {
      await flush();
      return jobs.run(name);
    };
    if (c.req.query('wait') === '1') return c.json(await run());
    run().catch((error: unknown) => log.error({ job: name, error: String(error) }, 'job not run'));
    return c.json({ job: name, state: 'running' }, 202);
  });
  return app;
}
