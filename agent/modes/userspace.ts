/** userspace mode: the agent carries connections itself, and rules only lead clients to it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { IpFamily } from '../../rules/ip.ts';
import { describeListener } from '../../rules/userspace/report.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import type { ProxyMode } from '../config/proxy-mode.ts';
import { createNft, NFT_DEFAULTS } from '../kernel/nft-process.ts';
import { NftTransport } from '../kernel/nft-transport.ts';
import { SYSTEM } from '../node/system.ts';
import { ListenerSync } from '../sync/listener-sync.ts';
import type { FamilyDifference, Mode } from './mode.ts';
import { createNftablesMode } from './nftables.ts';
import { BEST_REDIRECT, findRedirect, type Redirect } from './redirects.ts';
import { createWay, planListeners } from './userspace-ways.ts';

/** userspace mode on this machine. */
export function createUserspaceMode({ userspace }: AgentConfig): Mode {
  const { redirect: choice, limits, loadBalancing } = userspace;
  const transport = new NftTransport(createNft(NFT_DEFAULTS));
  const parts = { transport, range: limits.ports, defaults: { loadBalancing } };
  const tables = createNftablesMode(transport);
  const find = (): ReturnType<typeof findRedirect> =>
    findRedirect(choice, createNft({ program: 'nft', timeoutMs: PROBE_TIMEOUT_MS }), SYSTEM);
  let found: ReturnType<typeof find> | undefined;
  let ruledBy: ProxyMode | undefined;
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
          ruledBy = redirect.kind === 'nftables' ? 'nftables' : undefined;
          if (redirect.kind === 'none') events.noted?.(ONLY_NODE_PORTS);
          return createWay(redirect, parts, { ...options, proxy, settings, events, ports });
        },
        now: () => performance.now(),
        sleep,
      });
    },
    render(desired, format) {
      const redirect: Redirect = choice === 'none' ? { kind: 'none' } : BEST_REDIRECT;
      const plan = planListeners(redirect, parts, desired, () => undefined);
      const lines = plan.listeners.map(describeListener);
      const comments = lines.map((line) => `# ${line}\n`);
      if (redirect.kind === 'none') return { notes: [ONLY_NODE_PORTS], text: comments };
      const { notes, text } = tables.render(plan.ruled, format);
      return format === 'json'
        ? { notes: [...notes, ...lines], text }
        : { notes, text: concat(comments, text) };
    },
    async differences(desired, families) {
      const { redirect } = await find();
      if (redirect.kind === 'none') return families.map(noDifference);
      const kernel = new Map(
        await Promise.all(
          families.map(async (family) => [family, await transport.readTable(family)] as const),
        ),
      );
      const plan = planListeners(redirect, parts, desired, (family) => kernel.get(family));
      return tables.differences(plan.ruled, families);
    },
    async check() {
      const { redirect, findings } = await find();
      const what = `way in: ${redirect.kind}`;
      return redirect.kind === 'none'
        ? [...findings, { level: 'warning', what, advice: ONLY_NODE_PORTS }]
        : [...findings, { level: 'ok', what, advice: '' }];
    },
    ruledBy: () => ruledBy,
    // Listeners end with the agent, and the tables are those that nftables mode removes.
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
