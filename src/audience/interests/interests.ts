import type { ClickHouse } from '../../clickhouse/client.ts';
import { AS_A_WHOLE } from '../../clickhouse/insert-select.ts';
import { Spent } from '../../clickhouse/spent.ts';
import { expectHeld, type Leases } from '../../jobs/lease.ts';
import type { RunResult } from '../../jobs/ledger.ts';
import { type Piece, pieces } from '../../upload/pieces.ts';
import { dropUnused, publish } from '../published.ts';
import { type Branch, NODES } from '../taxonomy/audience.ts';
import { signsOf } from '../taxonomy/lookup.ts';
import { allAttentionSql, scoresSql } from './statements.ts';
import { WEIGHING } from './weight.ts';

/** How long a run waits for another one to end before it gives up. */
const WAIT_MS = 600_000;
const DAY_MS = 86_400_000;
const BRANCHES: readonly Branch[] = ['interest', 'intent'];

/**
 * Scores every visitor's interests and purchase intents anew, as score.ts says, and makes them visible at once by
 * their pointer, or not at all. First what all visitors care for is summed up, then each is held against it; both
 * by ranges of visitors of some million hits, so that memory does not grow with their number. Whose newest word
 * allows no profile has no scores, and is no part of what is usual.
 *
 * @param halfLifeDays after which a hit counts half.
 * @throws ClickHouseError, LeaseBusyError, LeaseLostError; what was visible stays so.
 */
export async function scoreInterests(
  clickhouse: ClickHouse,
  leases: Leases,
  halfLifeDays: number,
): Promise<RunResult> {
  const lease = await leases.wait('interests', WAIT_MS);
  const build = lease.slot;
  const spent = new Spent();
  try {
    const asOf = new Date();
    const [stored] = await clickhouse.query<{ n: string }>('SELECT count() AS n FROM hits');
    const parts = pieces(Number(stored!.n));
    for (const branch of BRANCHES) {
      const params = { ...paramsOf(branch), asOf: asOf.getTime(), halfLifeMs: halfLifeDays * DAY_MS };
      const all = await sumUp(clickhouse, branch, params, parts);
      for (const { from, to } of parts) {
        await expectHeld(lease);
        const given = { ...params, ...all, build, from, to };
        spent.add(await clickhouse.command(scoresSql(branch), given, AS_A_WHOLE));
      }
    }
    const [made] = await clickhouse.query<{ visitors: string; scores: string }>(
      'SELECT uniqExact(visitor) AS visitors, count() AS scores FROM interests WHERE build = {build:UInt64}',
      { build },
    );
    await expectHeld(lease);
    const summary = { halfLifeDays, visitors: Number(made!.visitors), scores: Number(made!.scores) };
    await publish(clickhouse, 'interests', build, asOf, summary);
    await dropUnused(clickhouse, 'interests', (kind) => kind === 'interests', build);
    return { result: { build, asOf: asOf.toISOString(), ...summary }, ...spent.read };
  } finally {
    await lease.release();
  }
}

const nodesOf = (branch: Branch) => NODES.filter((node) => node.branch === branch);

/** What the statements of a branch know of it. */
function paramsOf(branch: Branch) {
  const nodes = nodesOf(branch);
  const signs = signsOf(nodes);
  return {
    nodes: nodes.map(({ id }) => id),
    contents: signs.map(({ content }) => content),
    besides: signs.map(({ beside }) => beside),
    places: signs.map(({ place }) => place),
    ...WEIGHING[branch].params,
  };
}

/** @returns over all visitors and of each node: the evidence for it, and that with all attention not about it. */
async function sumUp(
  clickhouse: ClickHouse,
  branch: Branch,
  params: Readonly<Record<string, unknown>>,
  parts: readonly Piece[],
): Promise<{ allEvidence: number[]; allAttention: number[] }> {
  // Place 0 is of every hit, whatever it is about.
  const places = nodesOf(branch).length + 1;
  const evidence = Array.from({ length: places }, () => 0);
  const about = Array.from({ length: places }, () => 0);
  for (const { from, to } of parts) {
    const rows = await clickhouse.query<{ place: number; evidence: number; about: number }>(
      allAttentionSql(branch),
      { ...params, from, to },
    );
    for (const row of rows) {
      evidence[row.place]! += row.evidence;
      about[row.place]! += row.about;
    }
  }
  const all = about[0]!;
  return {
    allEvidence: evidence.slice(1),
    allAttention: evidence.slice(1).map((sum, index) => sum + all - about[index + 1]!),
  };
}
