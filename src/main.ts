#!/usr/bin/env node
import cluster from 'node:cluster';
import { Command } from 'commander';
import { commands } from './cli/commands.ts';
import { work } from './serve/worker.ts';

const workerName = process.env['N90_WORKER'];
if (cluster.isWorker && workerName !== undefined) await work(workerName);
else {
  const program = new Command('ninety')
    .description('An anonymous audience platform: collects, syncs, builds segments, hands them out.')
    .showHelpAfterError('(ninety --help lists the commands)');
  for (const command of commands) program.addCommand(command);
  await program.parseAsync();
}
