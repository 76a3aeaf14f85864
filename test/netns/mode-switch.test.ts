/** A node changes its proxy mode, and traffic goes on. */
import { expect } from 'chai';
import { IPTABLES_VARIANTS } from '../../agent/kernel/iptables-variant.ts';
import { KERNEL_MODES } from './packets/mode.ts';
import { clusterIpOf, nodePortAt, vipOf } from './packets/target.ts';
import { iptablesObstacle, itUnless } from './support/iptables-obstacle.ts';
import { createWebNode, WEB, type WebNode } from './support/web-node.ts';

const FLOWS = [
  { from: 'pod-1-3', to: clusterIpOf(WEB) },
  { from: 'node-1', to: clusterIpOf(WEB) },
  { from: 'client-1', to: vipOf(WEB) },
  { from: 'client-1', to: nodePortAt(1, WEB) },
];

// Of userspace mode, which carries connections itself, userspace.test.ts says what is kept.
describe('a node that changes its proxy mode', () => {
  let node: WebNode;

  before(async () => {
    node = await createWebNode('LoadBalancer');
  });
  after(() => node.close());

  for (const from of KERNEL_MODES) {
    for (const to of KERNEL_MODES.filter((mode) => mode !== from)) {
      const title = `breaks no connection and fails none from ${from.name} to ${to.name}`;
      itUnless(from.obstacle ?? to.obstacle, title, async () => {
        await node.program(from);
        expect(await modesInKernel(), 'before').to.deep.equal([from.name]);
        await node.expectUnbroken(FLOWS, async () => {
          await node.program(to);
          expect(await modesInKernel(), 'after').to.deep.equal([to.name]);
        });
      });
    }
  }

  /** The modes that have rules in the node's kernel, of any family. */
  async function modesInKernel(): Promise<string[]> {
    const { stdout: tables } = await node.host.exec('nft', ['list', 'tables']);
    const modes = /\bswitchyard\b/.test(tables) ? ['nftables'] : [];
    for (const variant of IPTABLES_VARIANTS) {
      if (iptablesObstacle(variant) !== undefined) continue;
      const hasChains = /^:KUBE-(?!FIREWALL)/m.test(await node.saved(variant));
      if (hasChains) modes.push(`iptables-${variant}`);
    }
    return modes;
  }
});
