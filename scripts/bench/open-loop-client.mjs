// The client of open-loop.mjs. `node open-loop-client.mjs FILE`; what it is to do comes from its parent, one load after
// another. A client that waits for an answer before it asks again sends less while a server is slow, and so hardly
// looks when there would be something to see; this one keeps to its times. An answer's time counts from when its
// question was sent: no answer holds a question up, so that what is sent late (a timer is good to a millisecond, and
// another process may have the core) is late by the client's own doing. Both are told.
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { randomFrom } from '../demo/random.mjs';

/** As long as a page might wait at all; whoever is that late has failed. */
const TIMEOUT_MS = 5_000;

const requests = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const random = randomFrom(6);
let made = 0;

/** @returns the status and the body of an answer, or undefined where none came. */
const asked = (agent, url, { path, headers }) =>
  new Promise((done) => {
    const request = get(url + path, { agent, headers, timeout: TIMEOUT_MS }, (answer) => {
      let body = '';
      answer
        .setEncoding('utf8')
        .on('data', (text) => {
          body += text;
        })
        .once('error', () => done(undefined))
        .once('end', () => done({ status: answer.statusCode, body }));
    });
    request.once('timeout', () => request.destroy()).once('error', () => done(undefined));
  });

async function load({ url, perSecond, seconds, wanted }) {
  // As many connections as are wanted at once: one that is waited for would be a queue of the client's own.
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const isWanted = new RegExp(wanted);
  const took = [];
  const tookFromDue = [];
  const late = [];
  const underWay = new Set();
  let failed = 0;
  const began = performance.now();
  const end = began + seconds * 1000;
  // Independent of each other (a Poisson process): the times between them are exponential.
  const next = (at) => at - (Math.log(1 - random.next()) * 1000) / perSecond;
  for (let due = next(began); due < end; due = next(due)) {
    const early = due - performance.now();
    if (early > 0) await sleep(early);
    const sent = performance.now();
    late.push(sent - due);
    const one = asked(agent, url, requests[made++ % requests.length]).then((answer) => {
      const ended = performance.now();
      took.push(ended - sent);
      tookFromDue.push(ended - due);
      if (answer?.status !== 200 || !isWanted.test(answer.body)) failed += 1;
      underWay.delete(one);
    });
    underWay.add(one);
  }
  await Promise.all(underWay);
  agent.destroy();
  const at = (list, share) => list[Math.max(0, Math.ceil(list.length * share) - 1)];
  for (const list of [took, tookFromDue, late]) list.sort((a, b) => a - b);
  return {
    answers: took.length,
    failed,
    p50: at(took, 0.5),
    p95: at(took, 0.95),
    p99: at(took, 0.99),
    most: took.at(-1),
    fromDueP99: at(tookFromDue, 0.99),
    lateP99: at(late, 0.99),
  };
}

process.on('message', (what) => void load(what).then((found) => process.send(found)));
process.on('disconnect', () => process.exit());
process.send('ready');
