/**
 * Runs a Node program inside private namespaces (network, mounts, processes; for an ordinary user
 * also users), where it may build any network it likes: nothing of the host's network is touched,
 * and everything vanishes with the program, however it ends.
 *
 * Command line: `node scripts/world/private.ts -- PROGRAM.js [ARGUMENT]...`
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/**
 * Runs `node argv...` as root of new private namespaces and resolves to its exit code, 128 + n when
 * signal n ended it. SIGINT, SIGTERM or SIGHUP to this process, its death, or the abort of `signal`
 * becomes SIGTERM to the program and, after 3 s, force. Rejects when `privateNamespaceObstacle` would
 * name a reason.
 */
export async function runPrivately(
  argv: readonly string[],
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const { way, obstacle } = findWay();
  if (way === undefined) throw new Error(obstacle);
  const child = spawn('unshare', unshareArguments(way, argv), {
    // The fourth descriptor is the lifeline: the other side sees it close when this process is gone.
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: environment(way),
  });
  const stop = (): void => {
    child.stdio[3]?.destroy();
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  signal?.addEventListener('abort', stop);
  try {
    await once(child, 'exit');
  } finally {
    for (const name of STOP_SIGNALS) process.off(name, stop);
    signal?.removeEventListener('abort', stop);
    stop();
  }
  return child.exitCode ?? 128 + constants.signals[child.signalCode ?? 'SIGKILL'];
}

/** Why no private namespaces can be had here and what to do about it; `undefined` when they can. */
export function privateNamespaceObstacle(): string | undefined {
  return findWay().obstacle;
}

/** Whether this process was started by `runPrivately`. */
export function isPrivate(): boolean {
  return process.env[ENTER] !== undefined;
}

/** The command that opens a shell inside this process's private namespaces, for the same user outside. */
export function howToEnter(): string {
  const command = process.env[ENTER];
  if (command === undefined) throw new Error('not in private namespaces: use runPrivately');
  return command;
}

// --- internal ---

/** Holds the command of `howToEnter`; private-init.ts completes it with its own process id. */
const ENTER = 'SWITCHYARD_ENTER';

const INIT = fileURLToPath(new URL('private-init.ts', import.meta.url));

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A way to make private namespaces, as flags of unshare(1), and to enter them, as flags of nsenter(1). */
interface Way {
  readonly unshare: readonly string[];
  readonly nsenter: readonly string[];
}

const AS_ROOT: Way = {
  unshare: ['--net', '--mount', '--pid', '--fork', '--kill-child'],
  nsenter: ['--net', '--mount', '--pid'],
};

const AS_USER: Way = {
  unshare: [...AS_ROOT.unshare, '--user', '--map-root-user'],
  nsenter: [...AS_ROOT.nsenter, '--user', '--preserve-credentials'],
};

/** Tries the real thing without a program: whether it is allowed cannot be told from settings alone. */
function findWay(): { way: Way; obstacle?: undefined } | { way?: undefined; obstacle: string } {
  // Root in a container may lack CAP_SYS_ADMIN and still be allowed a user namespace.
  const ways = process.getuid?.() === 0 ? [AS_ROOT, AS_USER] : [AS_USER];
  const obstacles: string[] = [];
  for (const way of ways) {
    const trial = spawnSync('unshare', unshareArguments(way, []), {
      env: environment(way),
      encoding: 'utf8',
    });
    if (trial.status === 0) return { way };
    obstacles.push(
      `"unshare ${way.unshare.join(' ')}" failed: ${trial.error?.message ?? trial.stderr.trim()}`,
    );
  }
  const reasons = obstacles.join('\n');
  return { obstacle: `private namespaces are needed, but\n${reasons}\n${remedyFor(reasons)}` };
}

function unshareArguments(way: Way, argv: readonly string[]): string[] {
  return [...way.unshare, '--', process.execPath, INIT, ...argv];
}

function environment(way: Way): NodeJS.ProcessEnv {
  return {
    ...process.env,
    // Ordinary users often lack /usr/sbin in their path, where `ip` and `nft` live.
    PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin`,
    [ENTER]: ['nsenter', ...way.nsenter, '--target'].join(' '),
  };
}

/** Settings that keep ordinary users from user namespaces. */
const FORBIDDING_SETTINGS = [
  { name: 'user.max_user_namespaces', forbids: '0', allows: '10000' },
  // Kernels of Debian and Arch.
  { name: 'kernel.unprivileged_userns_clone', forbids: '0', allows: '1' },
  // Ubuntu since 23.10: the namespace can be made, but gives no privilege inside.
  { name: 'kernel.apparmor_restrict_unprivileged_userns', forbids: '1', allows: '0' },
];

function remedyFor(reasons: string): string {
  if (reasons.includes('ENOENT')) return 'Install util-linux (unshare, mount) and iproute2 (ip).';
  const setting = FORBIDDING_SETTINGS.find(({ name, forbids }) => readSysctl(name) === forbids);
  if (setting !== undefined) {
    return `Run as root, or allow it to users: sysctl -w ${setting.name}=${setting.allows}`;
  }
  return 'Run as root; in a container with --privileged, or where user namespaces are allowed.';
}

function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name.replaceAll('.', '/')}`, 'utf8').trim();
  } catch {
    return undefined; // A setting that this kernel does not have forbids nothing.
  }
}

const USAGE = 'usage: node scripts/world/private.ts -- PROGRAM.js [ARGUMENT]...\n';

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  if (argv[0] === '--') argv.shift();
  if (argv[0] === '--help') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (argv.length === 0) {
    process.stderr.write(USAGE);
    return 2;
  }
  const obstacle = privateNamespaceObstacle();
  if (obstacle === undefined) return runPrivately(argv);
  process.stderr.write(`${obstacle}\n`);
  return 1;
}

if (import.meta.main) process.exitCode = await main();
