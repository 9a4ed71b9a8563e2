import { expect, it } from 'vitest';
import { ReportQueue } from './report-queue.ts';

/** A piece of work that ends when it is told to. */
function held() {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { done, end };
}

it('runs so many at once, the others in their turn, and refuses by name whom it would keep waiting too long', async () => {
  const queue = new ReportQueue(2, 2);
  const works = [held(), held(), held(), held()];
  const begun: number[] = [];
  const asked = works.map(({ done }, at) =>
    queue.run(async () => {
      begun.push(at);
      await done;
      if (at === 0) throw new Error('failed');
      return at;
    }),
  );
  await expect(queue.run(async () => 4)).rejects.toMatchObject({ reason: 'busy' });
  expect(begun).toEqual([0, 1]);
  works[0]!.end();
  await expect(asked[0]).rejects.toThrow('failed');
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  for (const { end } of works) end();
  expect(await Promise.all(asked.slice(1))).toEqual([1, 2, 3]);
  expect(await queue.run(async () => 'free again')).toBe('free again');
});

it('does not work for who has gone while waiting', async () => {
  const queue = new ReportQueue(1, 2);
  const first = held();
  const gone = new AbortController();
  const asked = queue.run(() => first.done);
  let isMade = false;
  const left = queue.run(async () => {
    isMade = true;
  }, gone.signal);
  gone.abort();
  first.end();
  await asked;
  await expect(left).rejects.toMatchObject({ reason: 'busy' });
  expect(isMade).toBe(false);
});
