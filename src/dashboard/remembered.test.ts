import { describe, expect, it } from 'vitest';
import { type RememberedOptions, remembered } from './remembered.ts';

function scene(options: Pick<RememberedOptions, 'mostMs' | 'share'> = {}) {
  const reads: { resolve: (value: number) => void; reject: (error: unknown) => void }[] = [];
  const clock = { now: 0 };
  const ask = remembered(() => new Promise<number>((resolve, reject) => reads.push({ resolve, reject })), {
    now: () => clock.now,
    ...options,
  });
  return { reads, clock, ask };
}

describe('a remembered read', () => {
  it('is shared by all who ask while it is under way', async () => {
    const { reads, ask } = scene();
    const both = [ask(), ask()];
    reads[0]!.resolve(7);
    expect(await Promise.all(both)).toEqual([7, 7]);
    expect(reads).toHaveLength(1);
  });

  it('is kept a second, then made again', async () => {
    const { reads, clock, ask } = scene();
    const first = ask();
    reads[0]!.resolve(1);
    await first;
    clock.now = 999;
    expect(await ask()).toBe(1);
    clock.now = 1_000;
    const second = ask();
    reads[1]!.resolve(2);
    expect(await second).toBe(2);
  });

  it('is kept nine times as long as it took', async () => {
    const { reads, clock, ask } = scene();
    const first = ask();
    clock.now = 2_000;
    reads[0]!.resolve(1);
    await first;
    clock.now = 19_999;
    expect(await ask()).toBe(1);
    clock.now = 20_000;
    void ask();
    expect(reads).toHaveLength(2);
  });

  it('that may take less of the time is kept as much longer', async () => {
    const { reads, clock, ask } = scene({ share: 0.02 });
    const first = ask();
    clock.now = 2_000;
    reads[0]!.resolve(1);
    await first;
    clock.now = 99_999;
    expect(await ask()).toBe(1);
    clock.now = 100_000;
    void ask();
    expect(reads).toHaveLength(2);
  });

  it('is kept no longer than it may, however long it took', async () => {
    const { reads, clock, ask } = scene({ mostMs: 5_000 });
    const first = ask();
    clock.now = 30_000;
    reads[0]!.resolve(1);
    await first;
    clock.now = 34_999;
    expect(await ask()).toBe(1);
    expect(reads).toHaveLength(1);
    clock.now = 35_000;
    void ask();
    expect(reads).toHaveLength(2);
  });

  it('is made again at once after it failed', async () => {
    const { reads, ask } = scene();
    const first = ask();
    reads[0]!.reject(new Error('away'));
    await expect(first).rejects.toThrow('away');
    const second = ask();
    reads[1]!.resolve(2);
    expect(await second).toBe(2);
  });

  it('that is old is given while a newer one takes its time', async () => {
    const { reads, clock, ask } = scene();
    const first = ask();
    reads[0]!.resolve(1);
    await first;
    clock.now = 1_000;
    expect(await ask()).toBe(1);
    expect(await ask()).toBe(1);
    expect(reads).toHaveLength(2);
    reads[1]!.resolve(2);
    expect(await ask()).toBe(2);
  });

  it('that nobody has asked for in a while is not given any more', async () => {
    const { reads, clock, ask } = scene();
    const first = ask();
    reads[0]!.resolve(1);
    await first;
    clock.now = 2_000;
    const second = ask();
    const early = Promise.race([second, new Promise((done) => setTimeout(done, 600, 'still waiting'))]);
    expect(await early).toBe('still waiting');
    reads[1]!.resolve(2);
    expect(await second).toBe(2);
  });
});
