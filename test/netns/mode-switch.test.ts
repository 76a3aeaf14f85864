/** A node changes its proxy mode, and traffic goes on. */
import { expect } from 'chai';
import { IPTABLES_VARIANTS } from '../../agent/kernel/iptables-variant.ts';
import { IP_FAMILIES } from '../../rules/ip.ts';
import type { Host } from '../../scripts/world/host.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { PACKET_MODES, type PacketMode } from './packets/mode.ts';
import { makeService } from './packets/service.ts';
import { clusterIpOf, nodePortAt, vipOf } from './packets/target.ts';
import { startTraffic } from './packets/traffic.ts';
import { iptablesObstacle, itUnless } from './support/iptables-obstacle.ts';

const WEB = { number: 1, name: 'web' };

const FLOWS = [
  { from: 'pod-1-3', to: clusterIpOf(WEB) },
  { from: 'node-1', to: clusterIpOf(WEB) },
  { from: 'client-1', to: vipOf(WEB) },
  { from: 'client-1', to: nodePortAt(1, WEB) },
];

/** Of userspace mode, which carries connections itself, userspace.test.ts says what is kept. */
const KERNEL_MODES = PACKET_MODES.filter(({ name }) => name !== 'userspace');

describe('a node that changes its proxy mode', () => {
  let bed: Bed;
  let node: Host;

  before(async () => {
    bed = await createBed({ nodes: [{ pods: 3 }], clients: 1 });
    node = bed.world.host('node-1');
    const endpoints = ['pod-1-1', 'pod-1-2'];
    await bed.write([makeService({ ...WEB, type: 'LoadBalancer', endpoints })]);
  });
  after(() => bed.close());

  for (const from of KERNEL_MODES) {
    for (const to of KERNEL_MODES.filter((mode) => mode !== from)) {
      const title = `breaks no connection and fails none from ${from.name} to ${to.name}`;
      itUnless(from.obstacle ?? to.obstacle, title, async () => {
        await program(from);
        expect(await modesInKernel(), 'before').to.deep.equal([from.name]);
        const traffic = await startTraffic(bed.world, FLOWS);
        await traffic.goOn();

        await program(to);
        expect(await modesInKernel(), 'after').to.deep.equal([to.name]);
        await traffic.goOn();
        expect(await traffic.stop()).to.deep.equal({ failures: [], broken: [] });
      });
    }
  }

  async function program(mode: PacketMode): Promise<void> {
    await mode.program(node, { source: bed.source.flags, flags: CLUSTER_CIDR_FLAGS });
  }

  /** The modes that have rules in the node's kernel, of any family. */
  async function modesInKernel(): Promise<string[]> {
    const { stdout: tables } = await node.exec('nft', ['list', 'tables']);
    const modes = /\bswitchyard\b/.test(tables) ? ['nftables'] : [];
    for (const variant of IPTABLES_VARIANTS) {
      if (iptablesObstacle(variant) !== undefined) continue;
      const saved = await Promise.all(
        IP_FAMILIES.map((family) => {
          const program = family === 'IPv4' ? 'iptables' : 'ip6tables';
          return node.exec(`${program}-${variant}-save`, []);
        }),
      );
      const hasChains = saved.some(({ stdout }) => /^:KUBE-(?!FIREWALL)/m.test(stdout));
      if (hasChains) modes.push(`iptables-${variant}`);
    }
    return modes;
  }
});
