/**
 * What the agent has to know of its own Node object before it programs anything (behaviour document,
 * sections 7.6 and 8.5). Kubelets register late, and controllers assign pod networks later still.
 */
import { isDeepStrictEqual } from 'node:util';
import type { NodeFacts } from '../../rules/services/types.ts';
import { sleep, type Clock } from './api/clock.ts';

/** What to wait for. */
export interface OwnNodeOptions {
  readonly nodeName: string;
  /** What the Node object says now; `undefined` when there is none. */
  readonly nodeObject: () => NodeFacts | undefined;
  /** Whether the agent cannot do without `spec.podCIDRs`. */
  readonly needsPodCidrs: boolean;
  readonly clock: Clock;
}

/** The Node object is not as the agent needs it; the agent ends, and may be started again. */
export class OwnNodeError extends Error {
  override readonly name = 'OwnNodeError';
}

/**
 * Waits for the node's addresses, but not for long, and answers a warning if there are none; and
 * longer for its pod networks, if they are needed. Rejects with an OwnNodeError without those.
 */
export async function waitForOwnNode(
  options: OwnNodeOptions,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { nodeName, nodeObject, needsPodCidrs } = options;
  await poll(options, signal, ADDRESS_LIMIT_MS, (node) => node.ips.length > 0);
  if (needsPodCidrs) {
    await poll(options, signal, POD_CIDR_LIMIT_MS, ({ podCIDRs }) => podCIDRs.length > 0);
    const node = nodeObject();
    if (node === undefined) throw new OwnNodeError(`there is no Node ${nodeName}: ${NAME_ADVICE}`);
    if (node.podCIDRs.length === 0) {
      throw new OwnNodeError(
        `Node ${nodeName} has no spec.podCIDRs, by which NodeCIDR tells pods: nobody assigns them, or ` +
          'another detectLocalMode is meant',
      );
    }
  }
  if ((nodeObject()?.ips.length ?? 0) > 0) return undefined;
  const what = nodeObject() === undefined ? `there is no Node ${nodeName}` : 'it has no address';
  return `the addresses of this node are unknown, ${what}: ${NAME_ADVICE}`;
}

/** The error that it is when a node gets other pod networks: what ran on it before has none of them. */
export function podCidrChange(before: NodeFacts, now: NodeFacts): OwnNodeError | undefined {
  if (isDeepStrictEqual(before.podCIDRs, now.podCIDRs)) return undefined;
  const [from, to] = [before, now].map(({ podCIDRs }) => podCIDRs.join(', ') || 'none');
  return new OwnNodeError(`spec.podCIDRs of this node changed from ${from} to ${to}: start again`);
}

// --- internal ---

const POLL_MS = 1_000;
const ADDRESS_LIMIT_MS = 30_000;
const POD_CIDR_LIMIT_MS = 300_000;

const NAME_ADVICE = 'if the node has another name, set hostnameOverride (--hostname-override)';

async function poll(
  { nodeObject, clock }: OwnNodeOptions,
  signal: AbortSignal,
  limitMs: number,
  isEnough: (node: NodeFacts) => boolean,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    const node = nodeObject();
    if (node !== undefined && isEnough(node)) return;
    await sleep(clock, POLL_MS, signal);
    signal.throwIfAborted();
  }
}
