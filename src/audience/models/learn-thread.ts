// A thread of fit.ts: is told methods, one after another, and tells what each has learned.
import { parentPort, workerData } from 'node:worker_threads';
import { type Lesson, learn, type MethodName } from './learn.ts';

parentPort!.on('message', (method: MethodName) => {
  const learned = learn(workerData as Lesson, method);
  parentPort!.postMessage(learned, [learned.weights.buffer, learned.outOfFold.buffer] as ArrayBuffer[]);
});
