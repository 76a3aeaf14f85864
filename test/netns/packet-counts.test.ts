/** iptables mode's counters of packets, on a real kernel: what they count, and that they go on. */
import { expect } from 'chai';
import { IP_FAMILIES } from '../../rules/ip.ts';
import type { Host } from '../../scripts/world/host.ts';
import { eventually } from '../support/eventually.ts';
import { type RunningAgent, startAgent } from './packets/agent.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { ipsOfHost, LOCALHOST } from './packets/hosts.ts';
import { PACKET_MODES } from './packets/mode.ts';
import { ENDPOINT_PORT, makeService, nodePortOf } from './packets/service.ts';
import { nodePortAt } from './packets/target.ts';
import { describeUnless } from './support/iptables-obstacle.ts';

const WEB = {
  number: 1,
  name: 'web',
  type: 'NodePort',
  endpoints: ['pod-1-1', 'pod-2-1'],
} as const;

const INVALID = 'kubeproxy_iptables_ct_state_invalid_dropped_packets_total';
const LOCAL = 'kubeproxy_iptables_localhost_nodeports_accepted_packets_total';

for (const mode of PACKET_MODES.filter(({ name }) => name.startsWith('iptables-'))) {
  describeUnless(mode.obstacle, `packets that are counted in ${mode.name} mode`, () => {
    let bed: Bed;
    let node: Host;
    let agent: RunningAgent;

    before(async () => {
      bed = await createBed({ nodes: [{ pods: 1 }, { pods: 1 }], clients: 0 });
      node = bed.world.host('node-1');
      await bed.write([makeService(WEB)]);
      await start();
    });
    after(async () => {
      await agent.stop();
      await bed.close();
    });

    it('are none at the beginning', async () => {
      expect(await counts()).to.deep.equal({ [INVALID]: 0, [LOCAL]: 0 });
    });

    it('are one for each connection to a node port at localhost, and none for others', async () => {
      const { ips, port } = nodePortAt(1, WEB);
      for (const ip of [LOCALHOST.IPv4, LOCALHOST.IPv4, LOCALHOST.IPv4, ips.IPv4, ips.IPv6]) {
        const answer = await node.connect({ protocol: 'tcp', ip, port });
        expect(answer).to.include({ outcome: 'answered' });
      }
      expect(await counts()).to.deep.equal({ [INVALID]: 0, [LOCAL]: 3 });
    });

    it('are those that are forwarded and belong to no connection that is known', async () => {
      for (const family of IP_FAMILIES) {
        const before = (await counts())[INVALID] ?? 0;
        const ip = ipsOfHost('pod-2-1')[family];
        const held = { ip, port: ENDPOINT_PORT, intervalMs: 20 };
        const connection = await bed.world.host('pod-1-1').holdOpen(held);
        // Or else conntrack takes a connection up in its middle.
        await node.writeSysctls({ 'net/netfilter/nf_conntrack_tcp_loose': '0' });
        await node.exec('conntrack', ['-F']);
        await eventually(async () => ((await counts())[INVALID] ?? 0) > before);
        await connection.release();
        await node.writeSysctls({ 'net/netfilter/nf_conntrack_tcp_loose': '1' });
      }
    });

    it('are not forgotten when Services change, nor when the agent starts anew', async () => {
      const before = await counts();
      const applied = agent.applied.length;
      const others = [2, 3].map((number) => makeService({ ...WEB, number, name: `web-${number}` }));
      await bed.write([
        makeService(WEB),
        ...others,
        makeService({ ...WEB, number: 4, name: 'empty', endpoints: [] }),
      ]);
      await agent.waitForApplied(applied + IP_FAMILIES.length);
      await agent.stop();
      await start();
      const port = nodePortOf(3);
      await node.connect({ protocol: 'tcp', ip: LOCALHOST.IPv4, port });
      const after = await counts();
      expect(after[LOCAL]).to.equal((before[LOCAL] ?? 0) + 1);
      expect(after[INVALID]).to.be.at.least(before[INVALID] ?? 0);
    });

    async function start(): Promise<void> {
      const flags = [...CLUSTER_CIDR_FLAGS, ...mode.flags];
      agent = await startAgent(node, { source: bed.source.flags, flags });
      await eventually(async () => Object.keys(await counts()).length === 2);
    }

    /** The two metrics, as far as they are there. */
    async function counts(): Promise<Readonly<Record<string, number>>> {
      const script = `process.stdout.write(await (await fetch('${METRICS}')).text())`;
      const { stdout } = await node.exec(process.execPath, ['--input-type=module', '-e', script]);
      const samples = stdout.matchAll(/^(kubeproxy_iptables_\w+_packets_total) (\d+)$/gm);
      return Object.fromEntries([...samples].map(([, name = '', value]) => [name, Number(value)]));
    }
  });
}

// --- internal ---

const METRICS = 'http://127.0.0.1:10249/metrics';
