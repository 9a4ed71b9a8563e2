import { expect, it } from 'vitest';
import { Readiness } from './readiness.ts';

function scene() {
  const world = { now: 0, isFull: false };
  const readiness = new Readiness(
    () => world.isFull,
    () => world.now,
  );
  return { world, readiness };
}

it('is ready, but while the quota of the journal is reached', () => {
  const { world, readiness } = scene();
  expect(readiness.whyNot()).toBeUndefined();
  world.isFull = true;
  expect(readiness.whyNot()).toBe('journal_full');
  world.isFull = false;
  expect(readiness.whyNot()).toBeUndefined();
});

it('is not ready from a write that failed until one succeeds', () => {
  const { world, readiness } = scene();
  readiness.failed();
  world.now = 60_000;
  expect(readiness.whyNot()).toBe('journal_failed');
  readiness.succeeded();
  expect(readiness.whyNot()).toBeUndefined();
});

it('is not ready while some writes fail and others succeed', () => {
  const { world, readiness } = scene();
  for (const now of [0, 2_000, 4_000, 6_000]) {
    world.now = now;
    readiness.failed();
    world.now = now + 1_000;
    readiness.succeeded();
    expect(readiness.whyNot()).toBe('journal_failed');
  }
  world.now = 11_000;
  readiness.succeeded();
  expect(readiness.whyNot()).toBeUndefined();
});

it('is not ready while it ends, whatever else there is', () => {
  const { readiness } = scene();
  readiness.failed();
  readiness.end();
  expect(readiness.whyNot()).toBe('shutting_down');
});
