/** A node that serves `web`, whose rules are written by one proxy after the other, with traffic. */
import { expect } from 'chai';
import type { VariantName } from '../../../agent/kernel/iptables-variant.ts';
import type { Host } from '../../../scripts/world/host.ts';
import { type Bed, createBed } from '../packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from '../packets/cluster.ts';
import type { PacketMode } from '../packets/mode.ts';
import { makeService, type TestService } from '../packets/service.ts';
import { type Flow, startTraffic } from '../packets/traffic.ts';

/** The Service; its endpoints are the first two of the node's three pods. */
export const WEB = { number: 1, name: 'web' } as const;

/** Makes the node and a client, and writes `web`, of this type, and other Services. */
export async function createWebNode(
  type: 'NodePort' | 'LoadBalancer',
  others: readonly TestService[] = [],
): Promise<WebNode> {
  const bed = await createBed({ nodes: [{ pods: 3 }], clients: 1 });
  await bed.write([makeService({ ...WEB, type, endpoints: ['pod-1-1', 'pod-1-2'] }), ...others]);
  return new WebNode(bed);
}

/** The node with all around it. */
export class WebNode {
  readonly bed: Bed;
  readonly host: Host;

  constructor(bed: Bed) {
    this.bed = bed;
    this.host = bed.world.host('node-1');
  }

  /** Has an agent in this mode write its rules. */
  async program(mode: PacketMode): Promise<void> {
    await mode.program(this.host, { source: this.bed.source.flags, flags: CLUSTER_CIDR_FLAGS });
  }

  /** Takes every rule out of its kernel, by all ways in which one can be written. */
  async flush(): Promise<void> {
    await this.host.exec('nft', ['flush', 'ruleset']);
    for (const program of ['iptables-legacy', 'ip6tables-legacy']) {
      for (const table of ['nat', 'filter', 'mangle']) {
        for (const command of ['-F', '-X']) await this.host.exec(program, ['-t', table, command]);
      }
    }
  }

  /** Does something while there is traffic, and expects that no connection fails or breaks. */
  async expectUnbroken(flows: readonly Flow[], change: () => Promise<void>): Promise<void> {
    const traffic = await startTraffic(this.bed.world, flows);
    await traffic.goOn();
    await change();
    await traffic.goOn();
    expect(await traffic.stop()).to.deep.equal({ failures: [], broken: [] });
  }

  /** What a variant of iptables has saved, of both families. */
  async saved(variant: VariantName): Promise<string> {
    const outputs = await Promise.all(
      ['iptables', 'ip6tables'].map((program) => this.host.exec(`${program}-${variant}-save`, [])),
    );
    return outputs.map(({ stdout }) => `${stdout}\n`).join('');
  }

  async close(): Promise<void> {
    await this.bed.close();
  }
}
