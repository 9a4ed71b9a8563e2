import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';

/** What a figure is worth nothing without: the processor, the number of its cores, the runtime. */
export const MACHINE = {
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  platform: `${platform()}-${arch()}`,
};

export const machineText = () =>
  `${MACHINE.cpu}, ${MACHINE.cores} cores, ${MACHINE.memoryGb} GB, node ${MACHINE.node}, ${MACHINE.platform}`;

/** Ends the program with what is missing and how to get it. */
export function needs(program, how) {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
  } catch {
    process.stderr.write(`This benchmark needs ${program}: ${how}\n`);
    process.exit(1);
  }
}

/** @returns {number} megabytes that a process has resident. */
export function residentMb(pid) {
  const [, kb = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kb) / 1024);
}

/**
 * The peak of a process's resident memory since the last call; Linux.
 *
 * @returns {number} megabytes.
 */
export function peakMb(pid) {
  const [, kb = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  return Math.round(Number(kb) / 1024);
}

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own tick is. */
const TICKS = 100;

/** @returns {number} seconds of CPU that a process has used, all its threads together. */
export function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The program's name stands in brackets and may hold spaces: what counts begins behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** @returns {number[]} pids of a process's children. */
export const childrenOf = (pid) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** A thread that ends between the look and the word makes the whole word fail: it is said once more. */
function ofAllThreads(say) {
  for (let tries = 9; ; tries--) {
    try {
      return say();
    } catch (error) {
      if (tries === 0) throw error;
    }
  }
}

/**
 * Puts a running process with all its threads on one core.
 *
 * @param {number} pid @param {number | string} core or a list of them, as taskset takes it.
 */
export const pin = (pid, core) =>
  ofAllThreads(() =>
    execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' }),
  );

/** Lets a running process have, with all its threads, only what the others on its core leave. */
export const yieldToOthers = (pid) =>
  ofAllThreads(() =>
    execFileSync('renice', ['-n', '19', '-p', ...readdirSync(`/proc/${pid}/task`)], { stdio: 'ignore' }),
  );

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const round = (value, digits = 0) => Math.round(value * 10 ** digits) / 10 ** digits;
