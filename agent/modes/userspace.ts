/** userspace mode: the agent carries connections itself, and rules only lead clients to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IpFamily } from '../../rules/ip.ts';
import { describeListener } from '../../rules/userspace/report.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { IPTABLES } from '../kernel/iptables-variant.ts';
import { createNft } from '../kernel/nft-process.ts';
import { iptablesPreflight } from '../node/iptables-preflight.ts';
import { ok, type Finding } from '../node/preflight.ts';
import { findRivals } from '../node/rivals.ts';
import { SYSTEM } from '../node/system.ts';
import { ListenerSync } from '../sync/listener-sync.ts';
import { createCarriers, removeRules } from './carriers.ts';
import type { FamilyDifference, Mode } from './mode.ts';
import { BEST_REDIRECTS, findRedirect, type RuleKind } from './redirects.ts';
import { createWay, planListeners, type WayParts } from './userspace-ways.ts';

/** userspace mode on this machine. */
export function createUserspaceMode({ userspace, iptables }: AgentConfig): Mode {
  const { redirect: choice, limits, loadBalancing } = userspace;
  const carriers = createCarriers(iptables);
  let removed: Promise<void> | undefined;
  const parts: WayParts = {
    carriers,
    // Once for both families.
    removeRules: () => (removed ??= removeRules(carriers)),
    range: limits.ports,
    defaults: { loadBalancing },
  };
  const nft = createNft({ program: 'nft', timeoutMs: PROBE_TIMEOUT_MS });
  const find = (): ReturnType<typeof findRedirect> =>
    findRedirect(choice, {
      nft,
      iptables: () => iptablesPreflight(iptables.variant, IPTABLES, SYSTEM),
      system: SYSTEM,
    });
  let found: ReturnType<typeof find> | undefined;
  let ruledBy: RuleKind | undefined;
  return {
    name: 'userspace',
    createProxier(options) {
      const { userspace: proxy } = options;
      if (proxy === undefined) throw new Error('userspace mode needs a process that stays');
      return new ListenerSync({
        ...options,
        proxy,
        async findWay(settings, events, ports) {
          // Once for both families.
          const { redirect } = await (found ??= find());
          ruledBy = redirect.kind === 'none' ? undefined : redirect.kind;
          if (redirect.kind === 'none') events.noted?.(ONLY_NODE_PORTS);
          return createWay(redirect, parts, { ...options, proxy, settings, events, ports });
        },
        now: () => performance.now(),
        sleep,
      });
    },
    render(desired, families, format) {
      const redirect = BEST_REDIRECTS[choice];
      const plan = planListeners(redirect, parts, desired, new Map());
      const listeners = plan.listeners.filter(({ family }) => families.includes(family));
      const lines = listeners.map(describeListener);
      const comments = lines.map((line) => `# ${line}\n`);
      if (redirect.kind === 'none') return { notes: [ONLY_NODE_PORTS], text: comments };
      const { notes, text } = carriers[redirect.kind].mode.render(plan.ruled, families, format);
      return format === 'json'
        ? { notes: [...notes, ...lines], text }
        : { notes, text: concat(comments, text) };
    },
    async differences(desired, families) {
      const { redirect } = await find();
      if (redirect.kind === 'none') return families.map(noDifference);
      const { mode, readListeners } = carriers[redirect.kind];
      const found = new Map(
        await Promise.all(
          families.map(async (family) => [family, await readListeners(family)] as const),
        ),
      );
      const plan = planListeners(redirect, parts, desired, found);
      return mode.differences(plan.ruled, families);
    },
    async check() {
      const { redirect, findings } = await find();
      const what = `way in: ${redirect.kind}`;
      const way: Finding =
        redirect.kind === 'none' ? { level: 'warning', what, advice: ONLY_NODE_PORTS } : ok(what);
      return [...findings, ...(await findRivals(nft, IPTABLES)), way];
    },
    ruledBy: () => ruledBy,
    // Rules of another variant of iptables, say.
    removeLeftovers: async () =>
      (ruledBy === undefined ? undefined : await carriers[ruledBy].mode.removeLeftovers?.()) ?? [],
    // Listeners end with the agent, and the rules are those that the modes remove whose they are.
    cleanUp: () => Promise.resolve([]),
  };
}

// --- internal ---

const PROBE_TIMEOUT_MS = 10_000;

const ONLY_NODE_PORTS =
  'no rules lead to the userspace proxy: only node ports are served, by listening at them, and ' +
  'to all clients alike; ClusterIPs, external IPs and load balancer IPs are not';

function noDifference(family: IpFamily): FamilyDifference {
  return { family, sections: [] };
}

function* concat(...parts: readonly Iterable<string>[]): Generator<string> {
  for (const part of parts) yield* part;
}
