import { expect, it } from 'vitest';
import { sideBySide } from './side-by-side.ts';

it('works on each part once, two at a time or as many as is said, and begins none after one that failed', async () => {
  const all = [1, 2, 3, 4, 5, 6, 7];
  const seen: number[] = [];
  let underWay = 0;
  let most = 0;
  const work = async (part: number) => {
    underWay += 1;
    most = Math.max(most, underWay);
    await new Promise(setImmediate);
    seen.push(part);
    underWay -= 1;
  };
  await sideBySide(all, work);
  expect(seen).toEqual(all);
  expect(most).toBe(2);
  most = 0;
  await sideBySide(all, work, 1);
  expect(most).toBe(1);
  let begun = 0;
  const failing = sideBySide(all, async () => {
    begun += 1;
    await new Promise(setImmediate);
    throw new Error(`part ${begun}`);
  });
  await expect(failing).rejects.toThrow('part 2');
  expect(begun).toBe(2);
});
