/** Programs that are measured from outside, by what /proc says of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOOPBACK } from './places.ts';

/** CPU time of a process since it began. */
export interface CpuTime {
  readonly userSeconds: number;
  readonly systemSeconds: number;
}

/** A program that runs. */
export interface Child {
  readonly pid: number;
  cpu(): CpuTime;
  residentBytes(): number;
  /** Ends it, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a program on one core; what it has to say goes to standard error. */
export function startChild(core: number, command: readonly string[]): Child {
  const [program = '', ...args] = pinned(core, command);
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  // taskset becomes the program, so the process is the same.
  const pid = child.pid ?? 0;
  return {
    pid,
    cpu: () => cpuTimeOf(pid),
    residentBytes: () => residentBytesOf(pid),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** The command, confined to one core where there are several. */
export function pinned(core: number, command: readonly string[]): readonly string[] {
  return availableParallelism() > core + 1 || (core === 1 && availableParallelism() > 1)
    ? ['taskset', '--cpu-list', `${core}`, ...command]
    : command;
}

/** Resolves when somebody accepts at the port; rejects when nobody does for half a minute. */
export async function untilAccepting(port: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isAccepting(port))) {
    if (performance.now() > deadline) throw new Error(`nobody came to listen at port ${port}`);
    await sleep(POLL_MS);
  }
}

// --- internal ---

const PATIENCE_MS = 30_000;
const POLL_MS = 5;

/** USER_HZ, which is 100 on every platform that Linux has. */
const TICKS_PER_SECOND = 100;

async function isAccepting(port: number): Promise<boolean> {
  const socket = connect({ host: LOOPBACK, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The 14th and the 15th field of `stat`, counted from the end of the name, which may hold anything. */
function cpuTimeOf(pid: number): CpuTime {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return {
    userSeconds: Number(fields[11]) / TICKS_PER_SECOND,
    systemSeconds: Number(fields[12]) / TICKS_PER_SECOND,
  };
}

function residentBytesOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}
