import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { readConfig } from '../config.ts';
import { createOutbound } from '../delivery/outbound/guarded.ts';
import { type Served, serve } from '../delivery/outbound/server.testing.ts';
import { announceWebhooks, pendingNotices, type Teller, tell } from './notify.ts';
import { changesOf, openAlerts, writeChanges } from './store.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const { outboundAllow } = readConfig({ NINETY_OUTBOUND_ALLOW: '127.0.0.1' });
const signing = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const TABLES = ['alerts', 'alert_notices', 'alert_webhooks'];
const HOUR_MS = 3_600_000;

let up: Served;
let down: Served;
const heard: string[] = [];
let step = 0;

const teller = (urls: readonly string[], secret = signing(7)): Teller => ({
  clickhouse,
  outbound: createOutbound({ allow: outboundAllow }),
  webhooks: { urls, secret },
  nameOf: ({ subject }) => subject,
  secret: 'of the product',
  log: pino({ level: 'silent' }),
});

beforeAll(async () => {
  await migrate(clickhouse, 90);
  up = await serve(({ body }) => {
    const { type, data } = JSON.parse(String(body)) as { type: string; data: { subject: string } };
    heard.push(`${type} ${data.subject}`);
    return { status: 204 };
  });
  down = await serve(() => ({ status: 503 }));
});
beforeEach(() => {
  heard.length = 0;
});
afterEach(async () => {
  for (const table of TABLES) await clickhouse.command(`TRUNCATE TABLE ${table}`);
});
afterAll(async () => {
  await up.close();
  await down.close();
  await clickhouse.close();
});

/** What is wrong now; all else of the kind is as usual. */
async function look(subjects: readonly string[], ago = 0): Promise<void> {
  const now = Date.now() - ago;
  const judgement = {
    kind: 'segment_stale' as const,
    findings: subjects.map((subject) => ({ subject, detail: 'late' })),
    verdictOf: (subject: string) => (subject === 'deleted' ? ('gone' as const) : ('usual' as const)),
  };
  step += 1;
  await writeChanges(clickhouse, changesOf(await openAlerts(clickhouse), [judgement], now), step, now);
}
const many = (count: number) => Array.from({ length: count }, (_, at) => `s${at}`);
const tellAll = async (who: Teller) => tell(who, await pendingNotices(who), AbortSignal.timeout(60_000));
const pending = async (who: Teller) =>
  (await pendingNotices(who)).map(({ body }) => {
    const { type, data } = JSON.parse(body) as { type: string; data: { subject: string } };
    return `${type} ${data.subject}`;
  });

describe('a webhook', () => {
  it('hears of everything while another is down', async () => {
    const both = teller([`${down.url}/a`, `${up.url}/b`]);
    await announceWebhooks(both, Date.now());
    await look(many(230));
    expect([await tellAll(both), await tellAll(both), await tellAll(both)]).toEqual([200, 30, 0]);
    expect(new Set(heard).size).toBe(230);
  });

  it('hears of what comes after thousands of a day', async () => {
    const one = teller([`${up.url}/b`]);
    await announceWebhooks(one, Date.now() - 2 * HOUR_MS);
    await look(many(1_100), HOUR_MS);
    await look([], HOUR_MS / 2);
    for (;;) {
      const taken = (await pendingNotices(one)).map(({ id, webhook }) => ({
        notice: id,
        webhook,
        time: new Date().toISOString(),
      }));
      if (taken.length === 0) break;
      await clickhouse.insert('alert_notices', taken);
    }
    await look(['after']);
    expect(await pending(one)).toEqual(['alert.opened after']);
  });

  it('is the same with another signing secret', async () => {
    const before = teller([`${up.url}/b`]);
    await announceWebhooks(before, Date.now());
    await look(['one']);
    expect(await tellAll(before)).toBe(1);
    expect(await pending(teller([`${up.url}/b`], signing(8)))).toEqual([]);
  });

  it('that is new hears of what is open, and of nothing that was over before', async () => {
    await look(['over', 'open'], 30 * HOUR_MS);
    await look(['open'], 29 * HOUR_MS);
    await look(['lately', 'open'], 2 * HOUR_MS);
    await look(['open'], HOUR_MS);
    const one = teller([`${up.url}/b`]);
    expect(await pending(one)).toEqual(['alert.opened open']);
    await announceWebhooks(one, Date.now());
    await look([]);
    expect(await tellAll(one)).toBe(1);
    expect(heard).toEqual(['alert.cleared open']);
  });

  it('is not told that there is nothing any more that an alert could be of', async () => {
    const one = teller([`${up.url}/b`]);
    await announceWebhooks(one, Date.now());
    await look(['deleted']);
    expect(await tellAll(one)).toBe(1);
    await look([]);
    expect(await openAlerts(clickhouse)).toEqual([]);
    expect(await pending(one)).toEqual([]);
  });
});

it('with a retention of a day, what opened yesterday is known still', async () => {
  const short = new ClickHouse(await freshDatabase());
  await migrate(short, 1);
  const finding = { subject: 's', detail: 'late' };
  const opened = { kind: 'segment_stale', state: 'open', isNew: true, finding, before: undefined } as const;
  await writeChanges(short, [opened], 1, Date.now() - 24 * HOUR_MS);
  await short.command('OPTIMIZE TABLE alerts FINAL');
  expect(await openAlerts(short)).toMatchObject([{ subject: 's' }]);
  await short.close();
});
