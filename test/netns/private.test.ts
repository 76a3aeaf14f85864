import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';
import { runPrivately } from '../../scripts/world/private.ts';

/** These tests run in private namespaces already, which to the ones they make are the host's. */
describe('private namespaces', () => {
  it('pass on the exit code of the program', async () => {
    expect(await runPrivately(['--eval', 'process.exitCode = 7'])).to.equal(7);
  });

  it('tell of a program that died by a signal as a shell would', async () => {
    expect(await runPrivately(['--eval', 'process.kill(process.pid, "SIGKILL")'])).to.equal(137);
  });

  it('show the program none of the processes, interfaces and named namespaces outside', async () => {
    const standing = await startStandingWorld();
    const inside = async (file: string, ...args: string[]): Promise<string> => {
      const [nsenter = '', ...flags] = standing.enter;
      return (await execa(nsenter, [...flags, file, ...args])).stdout;
    };
    const names = (await inside('ip', 'netns', 'list'))
      .split('\n')
      .map((line) => line.split(' ')[0]);
    expect(names).to.have.members(['router', 'node-1', 'pod-1-1']);
    expect(await inside('ip', '-oneline', 'link')).to.match(/^1: lo: .*UP.*$/);
    expect(await inside('cat', '/proc/1/cmdline')).to.include('private-init.ts');
    await standing.end('SIGTERM');
  });

  it('are refused with the reason and a way out where they are forbidden', async () => {
    const folders = [FAKE_PROGRAMS, dirname(process.execPath)];
    const { exitCode, stderr } = await execa(process.execPath, [PRIVATE, '--', STANDING_WORLD], {
      env: { PATH: folders.join(':') },
      reject: false,
    });
    expect(exitCode).to.equal(1);
    expect(stderr).to.match(/^private namespaces are needed, but\n"unshare --net /);
    expect(stderr).to.match(/unshare failed: Operation not permitted\nRun as root/);
  });

  const ENDS = [
    { signal: 'SIGINT', code: 143 },
    { signal: 'SIGTERM', code: 143 },
    { signal: 'SIGHUP', code: 143 },
    { signal: 'SIGKILL', code: null },
  ] as const;
  for (const { signal, code } of ENDS) {
    it(`vanish with everything in them when the process outside gets ${signal}`, async () => {
      const before = await networkHere();
      const standing = await startStandingWorld();
      expect(processesIn(standing.pidNamespace).length).to.be.greaterThan(3);
      expect(await standing.end(signal)).to.equal(code);
      expect(processesIn(standing.pidNamespace)).to.deep.equal([]);
      expect(await networkHere()).to.deep.equal(before);
    });
  }
});

// --- internal ---

const PRIVATE = fileURLToPath(new URL('../../scripts/world/private.ts', import.meta.url));
const STANDING_WORLD = fileURLToPath(new URL('fixtures/standing-world.ts', import.meta.url));
const FAKE_PROGRAMS = fileURLToPath(new URL('fixtures/bin', import.meta.url));

interface StandingWorld {
  /** The command that enters it. */
  readonly enter: readonly string[];
  readonly pidNamespace: string;
  /** Signals the process outside; resolves to its exit code when it and everything inside is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

async function startStandingWorld(): Promise<StandingWorld> {
  const outside = spawn(process.execPath, [PRIVATE, '--', STANDING_WORLD], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: outside.stdout }), 'line')) as [string];
  const enter = line.split(' ');
  const pidNamespace = readlinkSync(`/proc/${enter.at(-1) ?? ''}/ns/pid`);
  return { enter, pidNamespace, end: (signal) => end(outside, signal, pidNamespace) };
}

async function end(
  outside: ChildProcess,
  signal: NodeJS.Signals,
  pidNamespace: string,
): Promise<number | null> {
  // The pipe closes when the last process that writes to it, inside or outside, is gone.
  const closed = once(outside, 'close');
  outside.kill(signal);
  await closed;
  // Those that do not write to it die in the same sweep of the kernel, if not in the same moment.
  for (let looks = 0; looks < 500 && processesIn(pidNamespace).length > 0; looks++) await wait(10);
  return outside.exitCode;
}

function processesIn(pidNamespace: string): string[] {
  return readdirSync('/proc').filter((entry) => {
    if (!/^[0-9]+$/.test(entry)) return false;
    try {
      return readlinkSync(`/proc/${entry}/ns/pid`) === pidNamespace;
    } catch {
      return false; // It ended since the folder was listed.
    }
  });
}

/** What a world in here would leave behind, had it not a namespace of its own. */
async function networkHere(): Promise<{ links: string; names: string[] }> {
  const { stdout: links } = await execa('ip', ['-oneline', 'link']);
  return { links, names: existsSync('/run/netns') ? readdirSync('/run/netns') : [] };
}
