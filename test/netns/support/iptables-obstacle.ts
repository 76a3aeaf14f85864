/** Whether tests can use iptables here: a distribution may leave out a variant, a kernel its tables. */
import { execaSync } from 'execa';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { programOf, type VariantName } from '../../../agent/kernel/iptables-variant.ts';

/**
 * Why this variant of iptables cannot be used, for the name of a skipped test; `undefined` if it can. Tried
 * in a network namespace of its own: the legacy variant leaves tables behind where it has looked.
 */
export function iptablesObstacle(name: VariantName): string | undefined {
  for (const family of IP_FAMILIES) {
    const program = programOf({ name, suffix: `-${name}`, version: '' }, family, '-restore');
    const args = ['--net', program, '--noflush', '--test'];
    const { exitCode, stderr } = execaSync('unshare', args, { input: TABLES, reject: false });
    if (exitCode === PROGRAM_MISSING) return `${program} is not installed`;
    if (exitCode !== 0) return `${program} finds no tables: ${stderr.split('\n')[0] ?? ''}`;
  }
  return undefined;
}

/** `describe`, or if there is an obstacle the same with every test skipped and the reason in its name. */
export function describeUnless(
  obstacle: string | undefined,
  title: string,
  tests: (this: Mocha.Suite) => void,
): void {
  if (obstacle === undefined) describe(title, tests);
  else describe.skip(`${title}: ${obstacle}`, tests);
}

/** `it`, in the same way. */
export function itUnless(obstacle: string | undefined, title: string, test: Mocha.AsyncFunc): void {
  if (obstacle === undefined) it(title, test);
  else it.skip(`${title}: ${obstacle}`, test);
}

// --- internal ---

/** What `unshare` exits with, as shells do, when there is no such program. */
const PROGRAM_MISSING = 127;

const TABLES = ['nat', 'filter', 'mangle'].map((table) => `*${table}\nCOMMIT\n`).join('');
