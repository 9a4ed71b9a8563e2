import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase } from '../../../test/engine.ts';
import { ClickHouse } from '../../clickhouse/client.ts';
import { migrate } from '../../clickhouse/schema.ts';
import { idOf, store } from '../models/world.testing.ts';
import { resolvedAs } from '../rule/stored.testing.ts';
import { findDefining } from './defining.ts';

const clickhouse = new ClickHouse(await freshDatabase());
const MEMBERS = 10;
const PEOPLE = 40;

/** Members have bought, read of sports thrice and are in Germany; others have read of it once, and asked for help. */
beforeAll(async () => {
  await migrate(clickhouse, 90);
  await store(
    clickhouse,
    Array.from({ length: PEOPLE }, (_, n) => ({
      visitor: idOf(n),
      hits:
        n < MEMBERS
          ? [
              { path: '/bought', event: 'purchase', country: 'DE' },
              ...[1, 2, 3].map((k) => ({ path: `/s${k}`, categories: ['483'], country: 'DE' })),
            ]
          : [
              { path: '/s1', categories: ['483'], country: 'FR' },
              { path: '/help', country: 'FR' },
            ],
    })),
  );
});
afterAll(() => clickhouse.close());

const labels = {
  sql: `SELECT toUInt64(one) AS visitor, if(place <= ${MEMBERS}, 'member', 'other') AS label
        FROM (SELECT 1) ARRAY JOIN {people:Array(String)} AS one, arrayEnumerate({people:Array(String)}) AS place`,
  params: { people: Array.from({ length: PEOPLE }, (_, n) => String(idOf(n))) },
};

/** The pages of the hits that are not looked at. */
async function excepted(rule: unknown) {
  const resolved = resolvedAs({ rule, merge: 'visitor' }, new Map());
  const { except, without } = await findDefining(clickhouse, resolved, labels, 'member', new Date());
  if (except === undefined) return { pages: [], without };
  const rows = await clickhouse.query<{ path: string }>(
    `SELECT DISTINCT path FROM kept_hits WHERE ${except.sql} ORDER BY path`,
    except.params,
  );
  return { pages: rows.map(({ path }) => path), without };
}

describe('of a seed', () => {
  it.each<[string, unknown, string[]]>([
    ['what only members have done is not looked at', { did: { event: 'purchase' } }, ['/bought']],
    ['nor what only others have done', { not: { did: { path: '/h*' } } }, ['/help']],
    ['what both have done is, however often it is asked for', { did: { category: '483' }, times: 3 }, []],
    ['any hit is', { did: {}, times: 3 }, []],
    [
      'each Match counts for itself',
      { all: [{ did: { category: '483' } }, { did: { event: 'purchase' } }] },
      ['/bought'],
    ],
    ['so does each step of a sequence', { sequence: [{ path: '/s1' }, { path: '/s2' }] }, ['/s2']],
    ['and on what attention was', { dwell: 0, on: { path: '/bought' } }, ['/bought']],
  ])('%s', async (_, rule, pages) => {
    expect((await excepted(rule)).pages).toEqual(pages);
  });

  it('that is asked for by a setting alone that feature is left out, and no hit', async () => {
    const { pages, without } = await excepted({ did: { country: ['DE', 'AT'] } });
    expect(pages).toEqual([]);
    expect(['country:DE', 'country:AT', 'country:FR', 'page:shop/s1'].map(without)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
