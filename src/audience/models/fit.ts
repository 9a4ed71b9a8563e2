import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { builtFile } from '../../built-file.ts';
import { foldsOf, inverseLengthsOf, type Learned, type Lesson, METHODS, type MethodName } from './learn.ts';
import type { Rows } from './rows.ts';

export interface Fitted {
  readonly learned: readonly Learned[];
  /** Numbers of the rows that were trained on, fold by fold. */
  readonly outOfFold: Uint32Array;
  /** Of each row, the inverse of its length. */
  readonly inverseLengths: Float64Array;
}

const THREAD = builtFile('audience/models/learn-thread.js');

/** More would need as many times the memory: of the longest rows one is some hundred megabytes. */
const THREADS = 2;

/**
 * Learns from the rows that are not held out, by every method: in threads, so that this one goes on with what else it
 * has to do.
 *
 * @param features number of different features.
 * @throws what a thread threw.
 */
export async function fitModel(rows: Rows, classes: number, features: number): Promise<Fitted> {
  const lesson: Lesson = { rows, classes, features };
  const methods = Object.keys(METHODS) as MethodName[];
  // Those that take long begin first, which are the last.
  const rest = methods.toReversed();
  const threads: Worker[] = [];
  const learned = new Map<MethodName, Learned>();
  try {
    while (threads.length < Math.min(THREADS, availableParallelism()))
      // What goes wrong with one that has nothing to do is nobody's matter.
      threads.push(new Worker(THREAD, { workerData: lesson }).on('error', () => undefined));
    await Promise.all(
      threads.map(async (thread) => {
        for (let method = rest.shift(); method !== undefined; method = rest.shift())
          learned.set(method, await learnedBy(thread, method));
      }),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
  return {
    learned: methods.map((method) => learned.get(method)!),
    outOfFold: Uint32Array.from(foldsOf(rows).flatMap(({ left }) => [...left])),
    inverseLengths: inverseLengthsOf(rows),
  };
}

const learnedBy = (thread: Worker, method: MethodName): Promise<Learned> =>
  new Promise((resolve, reject) => {
    const ended = (code: number) => reject(new Error(`the thread that learns ended with code ${code}`));
    thread.once('error', reject).once('messageerror', reject).once('exit', ended);
    thread.once('message', (learned: Learned) => {
      thread.off('error', reject).off('messageerror', reject).off('exit', ended);
      resolve(learned);
    });
    thread.postMessage(method);
  });
