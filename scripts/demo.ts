/**
 * `npm run demo`: Switchyard on two nodes made of network namespaces, with real connections. Runs the
 * show (demo/show.ts) in private namespaces and looks afterwards whether anything is left of it.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { WORLD } from './demo/cast.ts';
import { findTraces, markEnvironment, type Traces } from './demo/leftovers.ts';
import { event, heading, say, verdict } from './demo/screen.ts';
import { privateNamespaceObstacle, runPrivately } from './world/private.ts';
import { planWorld } from './world/topology.ts';

const USAGE = `usage: npm run demo [-- --keep]

Builds two nodes, their pods and a client out of network namespaces, runs Switchyard on the nodes,
and shows the rules, where real connections go, a scale-up and a rolling replacement under traffic.
Takes twenty seconds, as root or as an ordinary user, and leaves nothing behind, also after Ctrl-C.

  --keep   leave the world up after the show and say how to look around in it, until Ctrl-C
`;

const SHOW = fileURLToPath(new URL('demo/show.ts', import.meta.url));

/** A shell's way to say that a signal ended a program: 128 and its number. */
const SIGNAL_CODES = 128;

process.exitCode = await main();

// --- internal ---

async function main(): Promise<number> {
  const options = readOptions();
  if (options === undefined || options.help) {
    (options === undefined ? process.stderr : process.stdout).write(USAGE);
    return options === undefined ? 2 : 0;
  }
  const obstacle = privateNamespaceObstacle();
  if (obstacle !== undefined) {
    process.stderr.write(`${obstacle}\n`);
    return 1;
  }
  const startedAt = performance.now();
  markEnvironment();
  const before = findTraces();
  const exitCode = await runPrivately([SHOW, ...(options.keep ? ['--keep'] : [])]);
  const isClean = reportTraces(before, findTraces());
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say();
  verdict(exitCode === 0 && isClean, `${closingWords(exitCode, isClean)} after ${seconds} s`);
  return isClean ? exitCode : 1;
}

/** The options; `undefined` when there are others. */
function readOptions(): { readonly keep: boolean; readonly help: boolean } | undefined {
  const option = { type: 'boolean', default: false } as const;
  try {
    return parseArgs({ options: { keep: option, help: option } }).values;
  } catch {
    return undefined;
  }
}

/** Prints what the show has left behind; returns whether that is nothing. */
function reportTraces(before: Traces, now: Traces): boolean {
  heading('6. What is left behind', 'looked for outside of the private namespaces');
  const ours = planWorld(WORLD).namespaces.map(({ name }) => name);
  const namespaces = now.namespaces.filter(
    (name) => ours.includes(name) && !before.namespaces.includes(name),
  );
  event('processes', listText(now.processes));
  event('networks', listText(namespaces));
  return now.processes.length + namespaces.length === 0;
}

function listText(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function closingWords(exitCode: number, isClean: boolean): string {
  if (exitCode > SIGNAL_CODES) return 'stopped by a signal';
  return exitCode === 0 && isClean ? 'all is well' : 'something went wrong, see above,';
}
