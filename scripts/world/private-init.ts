/**
 * Process 1 of the private namespaces that `runPrivately` makes: prepares them, runs the program and
 * ends with it. When process 1 ends the kernel kills whatever else lives in here, so it also watches
 * the lifeline, descriptor 3, which closes when the process outside wants an end or is gone.
 *
 * Arguments: those of `node` for the program. Without any it only prepares, as a trial.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';

/** How long a program may take over its last words. */
const GRACE_MS = 3000;

const argv = process.argv.slice(2);

// Read before this namespace's own /proc covers the one of the process outside.
const outerPid = readlinkSync('/proc/self');
try {
  prepare();
} catch (error) {
  // The message names the command and carries what it wrote; the stack would add nothing.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
if (argv.length > 0) runProgram();

// --- internal ---

function prepare(): void {
  // Without --no-mtab mount(8) leaves a note in /run/mount, which at that moment is the host's.
  run('mount', ['--no-mtab', '-t', 'proc', 'proc', '/proc']);
  // `ip netns` keeps its names in /run/netns: on a file system of its own they are nobody else's.
  run('mount', ['--no-mtab', '-t', 'tmpfs', 'tmpfs', '/run']);
  run('ip', ['link', 'set', 'lo', 'up']);
}

function run(file: string, args: readonly string[]): void {
  execFileSync(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function runProgram(): void {
  const program = spawn(process.execPath, argv, {
    stdio: 'inherit',
    env: { ...process.env, SWITCHYARD_ENTER: `${process.env.SWITCHYARD_ENTER ?? ''} ${outerPid}` },
  });
  program.once('exit', (code, signal) => {
    process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
  });
  const lifeline = new Socket({ fd: 3, readable: true, writable: false });
  lifeline.once('close', () => {
    program.kill('SIGTERM');
    setTimeout(() => process.exit(128 + constants.signals.SIGKILL), GRACE_MS);
  });
  lifeline.resume();
}
