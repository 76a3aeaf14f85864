/** A proxy over a kernel that does what a test says. */
import { ClusterView } from '../../../agent/cluster/cluster-view.ts';
import type { AgentConfig } from '../../../agent/config/agent-config.ts';
import type { Transport } from '../../../agent/kernel/transport.ts';
import { createNftablesMode } from '../../../agent/modes/nftables.ts';
import { Proxy } from '../../../agent/proxy.ts';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { load } from '../config/support.ts';
import { recordLog } from './log.ts';

/** A kernel that takes everything and holds nothing; a test replaces what it is about. */
export function makeTransport(methods: Partial<Transport> = {}): Transport {
  return {
    readTable: () => Promise.resolve(undefined),
    readAffinity: () => Promise.resolve([]),
    isIntact: () => Promise.resolve(true),
    apply: () => Promise.resolve(),
    collect: () => Promise.resolve(),
    removeTable: () => Promise.resolve(true),
    ...methods,
  };
}

/** A proxy of both families on node-1, its view, and what it logs. */
export function makeProxy(
  transport: Transport = makeTransport(),
  config: AgentConfig = load([]).config,
) {
  const view = new ClusterView(config, 'node-1', {
    changed: () => undefined,
    problem: () => undefined,
  });
  const { log, lines } = recordLog();
  const mode = createNftablesMode(transport);
  const proxy = new Proxy({ config, view, mode, families: IP_FAMILIES, log });
  return { proxy, view, config, log, lines };
}
