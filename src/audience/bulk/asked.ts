import type { ClickHouse, Cost } from '../../clickhouse/client.ts';
import { Binding } from '../rule/binding.ts';
import { metSql } from '../rule/match.ts';
import type { Match, MatchField, WildcardField } from '../rule/rule.ts';
import { OF_PIECE } from './clauses.ts';
import { type CodedShape, codesOf } from './codes.ts';
import { clausesIn, type Plan } from './plan.ts';
import {
  type Combination,
  combinations,
  type Question,
  TEXT_COLUMNS,
  TEXTS,
  type TextColumn,
  wildFields,
} from './shapes.ts';

/** Rows of one insert. */
const ROWS = 20_000;
/** Wildcards that one look at the texts compares. */
const PATTERNS = 200;
/** Texts that a question may take up. One that takes more is asked by itself: a join with them is held in memory. */
const MAX_TEXTS = 50_000;

/**
 * Writes down which values of a hit the questions of a plan ask for, and what their thresholds are.
 *
 * @returns the plan, of which questions that too many texts meet are asked by themselves; and what it cost.
 * @throws ClickHouseError
 */
export async function writeAsked(
  clickhouse: ClickHouse,
  plan: Plan,
  build: number,
): Promise<{ readonly plan: Plan; readonly costs: readonly Cost[] }> {
  const { piece, shapes } = plan;
  const all = shapes.flatMap((shape) => shape.questions.map((question) => ({ shape, question })));
  const rows = all.flatMap(({ shape, question }) => {
    const { number, match } = question;
    const place = isWild(question) ? TEXTS + shape.number : shape.number;
    const since = sinceOf(question, plan.asOf);
    return combinations(match).flatMap((values) =>
      codesOf(shape, values).map((code) => ({
        build,
        piece,
        shape: place,
        question: number,
        since,
        code,
        ...textsIn(shape, values),
      })),
    );
  });
  await insertAll(clickhouse, 'build_questions', rows);
  const thresholds = all.flatMap(({ shape, question }) =>
    shape.counting !== 'once'
      ? question.thresholds.map((one) => ({ build, piece, shape: shape.number, ...row(question, one) }))
      : [],
  );
  await insertAll(clickhouse, 'build_thresholds', thresholds);
  const wild = all.map(({ question }) => question).filter(isWild);
  if (wild.length === 0) return { plan, costs: [] };
  const costs: Cost[] = [];
  for (const [fields, questions] of byFields(wild))
    for (let from = 0; from < questions.length; from += PATTERNS)
      costs.push(await findTexts(clickhouse, plan, build, fields, questions.slice(from, from + PATTERNS)));
  const tooMany = await metByTooMany(clickhouse, plan, build);
  costs.push(await joinTexts(clickhouse, plan, build, tooMany));
  return { plan: withoutQuestions(plan, tooMany), costs };
}

/** Of a keyword the column is called `value`. */
const textsIn = ({ texts }: CodedShape, values: Combination) =>
  Object.fromEntries(
    texts.flatMap((text) => {
      const value = text === 'value' ? values.keyword : text === 'referrer_host' ? undefined : values[text];
      return value === undefined ? [] : [[text, value]];
    }),
  );

const isWild = ({ match }: Question) => wildFields(match).length > 0;

const row = (question: Question, { clause, from, to }: Question['thresholds'][number]) => ({
  question: question.number,
  clause,
  least: from,
  most: to ?? MOST,
});

const MOST = String(2n ** 64n - 1n);

const sinceOf = ({ withinMs }: Question, asOf: number) =>
  new Date(withinMs === undefined ? 0 : asOf - withinMs).toISOString();

async function insertAll(clickhouse: ClickHouse, table: string, rows: readonly object[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS)
    await clickhouse.insert(table, rows.slice(from, from + ROWS));
}

/** Questions by the fields whose texts they compare, which are read once for all of them. */
function byFields(questions: readonly Question[]): Map<string, Question[]> {
  const groups = new Map<string, Question[]>();
  for (const question of questions) {
    const fields = wildFields(question.match).join();
    groups.set(fields, [...(groups.get(fields) ?? []), question]);
  }
  return groups;
}

/**
 * Writes down which texts there are that a question's wildcards meet. Each text is compared once, however many hits
 * have it, and no more of them are kept than can be used.
 */
async function findTexts(
  clickhouse: ClickHouse,
  { piece }: Plan,
  build: number,
  fields: string,
  questions: readonly Question[],
): Promise<Cost> {
  const columns = columnsOf(fields.split(',') as WildcardField[]).join(', ');
  const binding = new Binding();
  const conditions = questions.map(({ match }) =>
    metSql(only(match, wildFields(match)), binding, 'kept_hits', true),
  );
  return clickhouse.command(
    `INSERT INTO build_questions (build, piece, shape, question, ${columns})
     SELECT {build:UInt64}, {piece:UInt32}, ${TEXTS}, question, ${columns} FROM (
       SELECT ${columns} FROM kept_hits GROUP BY ${columns})
     ARRAY JOIN arrayFilter((question, met) -> met, [${questions.map(({ number }) => number).join(', ')}], [${conditions.join(', ')}]) AS question
     LIMIT ${MAX_TEXTS + 1} BY question`,
    { ...binding.params, build, piece },
    // An array as long as there are questions stands beside each text of a block.
    { max_block_size: '8192' },
  );
}

const only = (match: Match, fields: readonly MatchField[]): Match =>
  Object.fromEntries(fields.map((field) => [field, match[field]]));

const columnsOf = (fields: readonly WildcardField[]): TextColumn[] =>
  TEXT_COLUMNS.filter((column) => fields.some((field) => column === field || column === `${field}_host`));

async function metByTooMany(clickhouse: ClickHouse, { piece }: Plan, build: number): Promise<Set<number>> {
  const rows = await clickhouse.query<{ question: number }>(
    `SELECT text.question AS question FROM (
       SELECT question, count() AS n FROM build_questions WHERE ${OF_PIECE} AND shape = ${TEXTS} GROUP BY question) AS text
     INNER JOIN (
       SELECT question, count() AS n FROM build_questions WHERE ${OF_PIECE} AND shape > ${TEXTS} GROUP BY question) AS other
     ON other.question = text.question WHERE text.n * other.n > ${MAX_TEXTS}`,
    { build, piece },
  );
  return new Set(rows.map(({ question }) => question));
}

/** Puts the texts in the place of the wildcards. */
async function joinTexts(
  clickhouse: ClickHouse,
  { piece }: Plan,
  build: number,
  except: ReadonlySet<number>,
): Promise<Cost> {
  const texts = TEXT_COLUMNS.map((column) => `if(text.${column} = '', other.${column}, text.${column})`);
  return clickhouse.command(
    `INSERT INTO build_questions (build, piece, shape, question, since, code, ${TEXT_COLUMNS.join(', ')})
     SELECT {build:UInt64}, {piece:UInt32}, other.shape - ${TEXTS}, other.question, other.since, other.code, ${texts.join(', ')}
     FROM (SELECT * FROM build_questions WHERE ${OF_PIECE} AND shape > ${TEXTS}) AS other
     INNER JOIN (SELECT * FROM build_questions WHERE ${OF_PIECE} AND shape = ${TEXTS}) AS text ON text.question = other.question
     WHERE other.question NOT IN {except:Array(UInt32)}`,
    { build, piece, except: [...except] },
  );
}

function withoutQuestions(plan: Plan, numbers: ReadonlySet<number>): Plan {
  if (numbers.size === 0) return plan;
  const isOut = ({ number }: Question) => numbers.has(number);
  const split = (which: (question: Question) => boolean) =>
    plan.shapes.map((shape) => ({ ...shape, questions: shape.questions.filter(which) }));
  return {
    ...plan,
    shapes: split((question) => !isOut(question)).filter(({ questions }) => questions.length > 0),
    others: [...plan.others, ...split(isOut).flatMap(clausesIn)],
  };
}
