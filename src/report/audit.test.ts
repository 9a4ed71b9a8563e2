import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase } from '../../test/engine.ts';
import { ClickHouse } from '../clickhouse/client.ts';
import { migrate } from '../clickhouse/schema.ts';
import { type AuditLine, type AuditPlace, placeAt, readAudit } from './audit.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const time = new Date(Date.now() - 60_000).toISOString();
const change = (id: string, version: number) => ({
  kind: 'segment',
  id,
  version,
  time,
  actor: `key${version % 2}`,
  deleted: false,
  body: '{}',
});

beforeAll(async () => {
  await migrate(clickhouse, 90);
  await clickhouse.insert(
    'objects',
    Array.from({ length: 40 }, (_, n) => change(`s${n % 20}`, 1 + Math.floor(n / 20))),
  );
  const looks = ['a', 'b'].flatMap((actor) => ['1', '2'].map((subject) => ({ actor, subject })));
  await clickhouse.insert(
    'looks',
    looks.map((look) => ({ ...look, time, action: 'looked at' })),
  );
  await clickhouse.insert(
    'acts',
    ['a', 'b'].map((actor) => ({ actor, time, action: 'ran', kind: 'job', subject: 'expire' })),
  );
});
afterAll(() => clickhouse.close());

it('loses no line of those of one millisecond, however its pages fall', async () => {
  for (const limit of [1, 7, 46]) {
    const lines: AuditLine[] = [];
    let before: AuditPlace | undefined;
    for (let page = 0; page === 0 || before !== undefined; page++) {
      const { items, next } = await readAudit(clickhouse, { before, limit, retentionDays: 90 });
      expect(items.length).toBeLessThanOrEqual(limit);
      lines.push(...items);
      before = next;
    }
    expect(lines).toHaveLength(46);
    expect(new Set(lines.map((line) => JSON.stringify(line))).size).toBe(46);
  }
});

it('begins at a time, which is not of it', async () => {
  const after = new Date(Date.parse(time) + 1).toISOString();
  const of = async (at: string) =>
    (await readAudit(clickhouse, { before: placeAt(at), limit: 100, retentionDays: 90 })).items.length;
  expect([await of(time), await of(after)]).toEqual([0, 46]);
});
