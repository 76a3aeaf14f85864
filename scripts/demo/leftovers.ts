/** What is left of a world, looked for outside of its namespaces. */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** What can be seen of worlds from here. */
export interface Traces {
  /** Ids of processes that the world's environment was handed to. */
  readonly processes: readonly string[];
  /** Network namespaces that `ip netns` knows, by name. */
  readonly namespaces: readonly string[];
}

/** Marks this process's environment, which everything that it starts from now on inherits. */
export function markEnvironment(): void {
  process.env[MARKER] = randomUUID();
}

/** Looks for processes that carry the mark, and for network namespaces. */
export function findTraces(): Traces {
  return {
    processes: readdirSync('/proc').filter(isMarked),
    namespaces: existsSync(NETNS) ? readdirSync(NETNS) : [],
  };
}

// --- internal ---

const MARKER = 'SWITCHYARD_DEMO';

/** Where `ip netns` keeps the names. */
const NETNS = '/run/netns';

/** Not so this process itself: /proc has the environment that a process was started with. */
function isMarked(id: string): boolean {
  const mark = `${MARKER}=${process.env[MARKER] ?? ''}`;
  try {
    return readFileSync(`/proc/${id}/environ`, 'utf8').split('\0').includes(mark);
  } catch {
    return false; // No process, one that ended meanwhile, or somebody else's.
  }
}
