import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { type Config, readConfig } from '../config.ts';
import { createOutbound } from '../delivery/outbound/guarded.ts';
import { type Received, type Served, serve } from '../delivery/outbound/server.testing.ts';
import { Jobs } from '../jobs/jobs.ts';
import { Leases } from '../jobs/lease.ts';
import { Ledger } from '../jobs/ledger.ts';
import { alertNotice } from '../openapi/answers.ts';
import { Registry } from '../registry/registry.ts';
import { lastCheck, listAlerts } from './store.ts';
import { alertsText } from './text.ts';
import { watch } from './watch.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const lines: string[] = [];
const log = pino({}, { write: (line: string) => lines.push(line) });

let receiver: Served;
let config: Config;
let registry: Registry;
const received: { readonly id: string; readonly type: string; readonly data: Record<string, unknown> }[] = [];
let status = 204;
let build = 0;

/** As Standard Webhooks 1.0.0 has a receiver look at it. */
function take({ headers, body }: Received) {
  if (status !== 204) return { status };
  const id = String(headers['webhook-id']);
  const signedText = `${id}.${String(headers['webhook-timestamp'])}.${String(body)}`;
  const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64');
  const signature = `v1,${createHmac('sha256', key).update(signedText).digest('base64')}`;
  if (headers['webhook-signature'] !== signature) return { status: 401 };
  // Throws where a body is another than the document says.
  received.push({ id, ...alertNotice.parse(JSON.parse(String(body))) });
  return { status: 204 };
}

beforeAll(async () => {
  await migrate(clickhouse, 90);
  receiver = await serve(take);
  const data = await mkdtemp(join(tmpdir(), 'ninety-alerts-'));
  afterAll(() => rm(data, { recursive: true, force: true }));
  config = readConfig({
    NINETY_DATA: data,
    NINETY_ALERT_WEBHOOKS: `${receiver.url}/hook/SECRETPATH`,
    NINETY_ALERT_WEBHOOK_SECRET: SECRET,
    NINETY_OUTBOUND_ALLOW: '127.0.0.1',
  });
  registry = new Registry(clickhouse, data);
  await registry.put('segment', 'sport', { name: 'Sport', rule: { did: {} }, merge: 'visitor' }, 0, 'test');
});
afterAll(async () => {
  await receiver.close();
  await clickhouse.close();
});

/** A process of its own over the same database. */
function process(machine: string) {
  const ledger = new Ledger(clickhouse, machine);
  const jobs = new Jobs([], ledger, log);
  return watch({
    clickhouse,
    registry,
    leases: new Leases(clickhouse, machine),
    ledger,
    config,
    outbound: createOutbound({ allow: config.outboundAllow }),
    secret: 'of the product',
    log,
    jobs: () => jobs,
    lateMs: () => 3_600_000,
    machine,
  });
}

const built = (state: 'built' | 'failed') =>
  clickhouse.insert('builds', [
    {
      segment: 'sport',
      build: ++build,
      state,
      version: 1,
      as_of: new Date().toISOString(),
      size: 10,
      reason: state === 'failed' ? 'bad_rule: it cannot be' : '',
      time: new Date().toISOString(),
    },
  ]);

/** What is due, done. @returns the names of the parts. */
async function tick(machine = 'one'): Promise<string[]> {
  const parts = await process(machine).parts();
  for (const part of parts.values()) await part();
  return [...parts.keys()];
}
const shown = async () =>
  (await listAlerts(clickhouse, 'all', 10)).map(({ kind, subject, state }) => `${kind} ${subject} ${state}`);

describe('an alert', () => {
  it('is due for nobody while nothing is wrong, and that somebody looked is known', async () => {
    await built('built');
    expect(await tick()).toEqual([]);
    expect(await shown()).toEqual([]);
    expect(Date.now() - Date.parse((await lastCheck(clickhouse))!)).toBeLessThan(60_000);
  });

  it('is kept, and told of by whom the webhook fails, until it is taken', async () => {
    await built('failed');
    status = 503;
    expect(await tick()).toEqual(['changes']);
    expect(await shown()).toEqual(['segment_stale sport open']);
    expect(received).toEqual([]);
    expect(lines.some((line) => line.includes('status 503'))).toBe(true);
    status = 204;
    expect(await tick()).toEqual(['changes']);
    expect(received).toMatchObject([
      {
        type: 'alert.opened',
        data: {
          kind: 'segment_stale',
          subject: 'sport',
          name: 'Sport',
          detail: 'stale: bad_rule: it cannot be',
          cleared: null,
        },
      },
    ]);
  });

  it('is told of once, whatever process looks how often, also after a restart', async () => {
    expect(await tick()).toEqual([]);
    expect(await tick('two')).toEqual([]);
    const [one, two] = [process('one'), process('two')];
    await Promise.all([one.work(), two.work()]);
    expect(received).toHaveLength(1);
    expect(await shown()).toEqual(['segment_stale sport open']);
    expect(await alertsText(clickhouse)).toContain('\nninety_alerts_open{kind="segment_stale"} 1\n');
  });

  it('clears, is told of as cleared once, and opens again as another', async () => {
    await built('built');
    await tick();
    await tick();
    expect(received.map(({ type }) => type)).toEqual(['alert.opened', 'alert.cleared']);
    expect(await listAlerts(clickhouse, 'open', 10)).toEqual([]);
    await built('failed');
    await tick();
    expect(received.map(({ type }) => type)).toEqual(['alert.opened', 'alert.cleared', 'alert.opened']);
    expect(new Set(received.map(({ id }) => id)).size).toBe(3);
    expect(await shown()).toEqual(['segment_stale sport open', 'segment_stale sport cleared']);
  });

  it('lets no secret of a webhook into the log', () => {
    expect(lines.join('')).not.toMatch(/SECRETPATH|whsec_/);
  });
});
