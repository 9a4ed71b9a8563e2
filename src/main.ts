#!/usr/bin/env node
import cluster from 'node:cluster';
import { Command } from 'commander';
import { commandsFor } from './cli/commands.ts';

const workerName = process.env['N90_WORKER'];
if (cluster.isWorker && workerName !== undefined) {
  const { work } = await import('./serve/worker.ts');
  await work(workerName);
} else {
  const program = new Command('ninety')
    .description('An anonymous audience platform: collects, syncs, builds segments, hands them out.')
    .showHelpAfterError('(ninety --help lists the commands)');
  for (const command of await commandsFor(process.argv[2])) program.addCommand(command);
  await program.parseAsync();
}
