import type { ClickHouse } from '../../clickhouse/client.ts';
import type { Query } from '../models/model.ts';
import { Binding } from '../rule/binding.ts';
import { matchKey, metSql } from '../rule/match.ts';
import type { Match, MatchField, ResolvedRule } from '../rule/rule.ts';

/**
 * What one side meets so much less often than the other, it is taken not to meet: a hit may have arrived between the
 * moment that the rule was asked and this one.
 */
const STRAY = 1e-4;

/** What tells the members of a seed by definition, because its rule asks for it: nothing of it is looked at. */
export interface Defining {
  /** The hits that do; undefined = none. */
  readonly except: Query | undefined;
  /** Whether a feature, by its name, does. */
  readonly without: (feature: string) => boolean;
}

/**
 * Finds what tells the members of a seed from others by definition: a Match of its rule that members meet and no
 * other does, or that others meet and no member does. A model that saw it would find the rule again and nothing else,
 * and be measured by that. What both meet, as of a rule that asks for many hits, is a matter of more or less, and says
 * who is near to being a member.
 *
 * @param labels a SELECT of `visitor` and `label`, as the model will be given.
 * @param member the label of members.
 * @param asOf the moment that the rule was evaluated for.
 * @throws ClickHouseError
 */
export async function findDefining(
  clickhouse: ClickHouse,
  rule: ResolvedRule,
  labels: Query,
  member: string,
  asOf: Date,
): Promise<Defining> {
  const settings = matchesOf(rule).filter(isOfSettings);
  const without = (feature: string) => settings.some((match) => namesSetting(match, feature));
  const matches = matchesOf(rule).filter((match) => !isOfSettings(match));
  if (matches.length === 0) return { except: undefined, without };
  const asked = new Binding();
  const rows = await clickhouse.query<{ isMember: boolean; n: string; met: string[] }>(
    `SELECT label = {member:String} AS isMember, count() AS n, sumForEach(met) AS met FROM (
       SELECT hits.visitor AS visitor, any(known.label) AS label,
              maxForEach([${matches.map((match) => `toUInt8(${metSql(match, asked)})`).join(', ')}]) AS met
       FROM (SELECT * FROM kept_hits WHERE time <= fromUnixTimestamp64Milli({asOf:Int64}, 'UTC')
             AND visitor GLOBAL IN (SELECT visitor FROM (${labels.sql}))) AS hits
       GLOBAL INNER JOIN (${labels.sql}) AS known ON known.visitor = hits.visitor
       GROUP BY visitor)
     GROUP BY isMember`,
    { ...asked.params, ...labels.params, member, asOf: asOf.getTime() },
  );
  const meet = (isMember: boolean, index: number) => {
    const row = rows.find((one) => Boolean(one.isMember) === isMember);
    return row === undefined ? 0 : Number(row.met[index]) / Number(row.n);
  };
  const tells = matches.filter((_, index) => {
    const [few, many] = [meet(true, index), meet(false, index)].sort((a, b) => a - b) as [number, number];
    return many > 0 && few <= STRAY * many;
  });
  return { except: anyOfThem(tells), without };
}

function anyOfThem(matches: readonly Match[]): Query | undefined {
  if (matches.length === 0) return undefined;
  const binding = new Binding();
  const sql = matches.map((match) => metSql(match, binding)).join(' OR ');
  return { sql, params: binding.params };
}

/** What a visitor has for all of his hits, mostly: without them nothing would be left of him. */
const SETTINGS: readonly MatchField[] = ['country', 'region', 'language', 'device', 'os', 'browser'];

const fieldsOf = (match: Match) => Object.keys(match) as MatchField[];
const isOfSettings = (match: Match) => fieldsOf(match).every((field) => SETTINGS.includes(field));
const namesSetting = (match: Match, feature: string) =>
  SETTINGS.some((field) =>
    (match[field] as readonly string[] | undefined)?.some((value) => feature === `${field}:${value}`),
  );

/** The Matches of a rule, each once, but for `{}`, which every hit meets; those of other look-alikes are not its own. */
export function matchesOf(rule: ResolvedRule): Match[] {
  const found = new Map<string, Match>();
  const see = (match: Match) => {
    if (fieldsOf(match).length > 0) found.set(matchKey(match), match);
  };
  const look = (node: ResolvedRule): void => {
    switch (node.op) {
      case 'all':
      case 'any':
        node.rules.forEach(look);
        return;
      case 'not':
      case 'members':
        look(node.rule);
        return;
      case 'did':
      case 'dwell':
        see(node.match);
        return;
      case 'sequence':
        node.steps.forEach(see);
    }
  };
  look(rule);
  return [...found.values()];
}
