import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Person, send } from './client.ts';
import { HOMES, type Home, type HomeName, openHome } from './homes.ts';

const LABELLED = 160;
const PEOPLE = 220;
const HITS = 5;

interface Score {
  readonly id: string;
  readonly value: string;
  readonly probability: number;
  readonly declared: boolean;
}

interface Model {
  readonly published: boolean;
  readonly auc: number;
  readonly labelled: number;
  readonly heldOut: number;
  readonly trainedOn: number;
  readonly unknown: number;
  readonly declared: Record<string, number>;
  readonly inferred: Record<string, number>;
  readonly classes: readonly {
    readonly value: string;
    readonly count: number;
    readonly calibration: readonly { readonly count: number }[];
    readonly features: readonly { readonly feature: string }[];
  }[];
}

const genderOf = (n: number) => (n % 2 === 0 ? 'female' : 'male');
/** Three of four things that one sees are of the gender's own part of the site. */
const pathOf = (n: number, hit: number) => {
  const isOwn = (n * 7 + hit * 3) % 4 !== 0;
  return `/${isOwn ? genderOf(n) : 'all'}/${(n + hit * 5) % 6}`;
};

describe.each(['embedded', 'cluster'] as const satisfies HomeName[])('demographic models on %s', (name) => {
  let home: Home;
  const people: Person[] = [];
  beforeAll(async () => {
    home = await openHome(name, { NINETY_MIN_AUDIENCE: '1' });
    for (let n = 0; n < PEOPLE; n++) {
      const person = new Person(home.collector);
      for (let hit = 0; hit < HITS; hit++)
        await person.see({ s: home.siteKey, u: `https://news.example${pathOf(n, hit)}` });
      people.push(person);
    }
    await home.admin.json('POST', '/v1/jobs/segments/run?wait=1');
    const labels = people
      .slice(0, LABELLED)
      .map(({ visitor }, n) =>
        JSON.stringify({ id: `visitor:${visitor}`, attribute: 'gender', value: genderOf(n) }),
      );
    const headers = { authorization: `Bearer ${home.admin.key}`, 'content-type': 'application/x-ndjson' };
    const { status } = await send(
      'POST',
      `${home.admin.url}/v1/labels?source=panel`,
      headers,
      labels.join('\n'),
    );
    expect(status).toBeLessThan(300);
  });
  afterAll(() => home?.close());

  it(`go from labels to scores, and every number is the same wherever it is asked (${HOMES[name]})`, async () => {
    const run = await home.admin.json('POST', '/v1/jobs/demographics/run?wait=1');
    expect(run).toMatchObject({ state: 'done', result: { failed: {} } });

    const model = await home.admin.json<Model>('GET', '/v1/models/gender');
    expect(model).toMatchObject({ published: true, labelled: LABELLED, declared: { female: 80, male: 80 } });
    expect(model.trainedOn + model.heldOut).toBe(LABELLED);
    expect(model.auc).toBeGreaterThan(0.9);
    for (const { count, calibration, features } of model.classes) {
      expect(count).toBe(80);
      expect(calibration.reduce((sum, bin) => sum + bin.count, 0)).toBe(model.heldOut);
      expect(features[0]!.feature).toMatch(/^page:/);
    }

    const answer = await home.admin.send('GET', '/v1/models/gender/scores?as=visitor');
    const scores = answer.body
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Score);
    expect(scores).toHaveLength(2 * PEOPLE);
    const byId = new Map(people.map(({ visitor }, n) => [visitor, n]));
    const right = { declared: 0, inferred: 0 };
    for (const { id, value, probability, declared } of scores) {
      const n = byId.get(id)!;
      expect(declared).toBe(n < LABELLED);
      if (value === genderOf(n) && probability > 0.5) right[declared ? 'declared' : 'inferred'] += 1;
    }
    expect(right.declared).toBe(LABELLED);
    expect(right.inferred).toBeGreaterThan(0.9 * (PEOPLE - LABELLED));

    const size = (value: string) => home.admin.estimate({ demographic: { gender: value } });
    for (const value of ['female', 'male'])
      expect(await size(value)).toBe((model.declared[value] ?? 0) + (model.inferred[value] ?? 0));
    expect(await size('unknown')).toBe(model.unknown);
    expect(await home.admin.estimate({ demographic: { gender: 'male' }, probability: { gte: 0 } })).toBe(
      PEOPLE,
    );
  });
});
