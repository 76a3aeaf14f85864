/**
 * iptables mode takes over from kube-proxy and gives back, with traffic. Chains of the same names in
 * the same variant simply become ours, and theirs again.
 */
import { expect } from 'chai';
import { PROXY_MODES } from '../../agent/config/proxy-mode.ts';
import { type IpFamily } from '../../rules/ip.ts';
import type { Host } from '../../scripts/world/host.ts';
import { clusterIp } from '../support/addresses.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { ipsOfHost } from './packets/hosts.ts';
import { PACKET_MODES, type PacketMode } from './packets/mode.ts';
import { kept, type PacketRow } from './packets/row.ts';
import { expectedObservations, sendRow } from './packets/send.ts';
import { ENDPOINT_PORT, makeService, nodePortOf, SERVICE_PORT } from './packets/service.ts';
import { clusterIpOf, nodePortAt } from './packets/target.ts';
import { startTraffic } from './packets/traffic.ts';
import { OLD_PROXIES, type OldProxy } from './support/kube-proxy.ts';
import { describeUnless, iptablesObstacle } from './support/iptables-obstacle.ts';

const WEB = { number: 1, name: 'web' };

/** kube-proxy's rules know one endpoint and Switchyard's two: one sees whose rules serve. */
const OLD_WEB = {
  clusterIp: (family: IpFamily) => clusterIp(family, WEB.number),
  port: SERVICE_PORT,
  nodePort: nodePortOf(WEB.number),
  endpointIp: (family: IpFamily) => ipsOfHost('pod-1-1')[family],
  endpointPort: ENDPOINT_PORT,
};

/** Enough that they are found by way of dispatch chains, which kube-proxy has none of. */
const OTHERS = Array.from({ length: 30 }, (_, i) =>
  makeService({ number: 2 + i, name: `other-${i}`, type: 'NodePort', endpoints: ['pod-1-2'] }),
);

const FLOWS = [
  { from: 'pod-1-3', to: clusterIpOf(WEB) },
  { from: 'node-1', to: clusterIpOf(WEB) },
  { from: 'client-1', to: nodePortAt(1, WEB) },
];

const VARIANTS = ['nft', 'legacy'] as const;

/** By the way in which kube-proxy has written its rules, how `check` calls them. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  nftables: ['tables of nftables'],
  'iptables, nft variant': ['chains in iptables-nft', 'chains in ip6tables-nft'],
  'iptables, legacy variant': ['chains in iptables-legacy', 'chains in ip6tables-legacy'],
};

/** kube-proxy's chains may be in either variant, whichever is ours. */
const OBSTACLE = VARIANTS.map(iptablesObstacle).find((reason) => reason !== undefined);

describeUnless(OBSTACLE, 'a node that kube-proxy has served', () => {
  let bed: Bed;
  let node: Host;

  before(async () => {
    bed = await createBed({ nodes: [{ pods: 3 }], clients: 1 });
    node = bed.world.host('node-1');
    const endpoints = ['pod-1-1', 'pod-1-2'];
    await bed.write([makeService({ ...WEB, type: 'NodePort', endpoints }), ...OTHERS]);
  });
  after(() => bed.close());
  beforeEach(flush);

  for (const old of OLD_PROXIES) {
    it(`is warned of kube-proxy's rules by check: ${old.name}`, async () => {
      await old.install(node, OLD_WEB);
      expect(await rivals()).to.deep.equal(rivalsInEveryMode(RIVALS[old.name] ?? []));
    });
  }

  for (const mode of PACKET_MODES.filter(({ name }) => name !== 'userspace')) {
    it(`is not warned by check of what is ours: ${mode.name}`, async () => {
      await program(mode);
      expect(await rivals()).to.deep.equal(rivalsInEveryMode([]));
    });
  }

  for (const variant of VARIANTS) {
    const mode = PACKET_MODES.find(({ name }) => name === `iptables-${variant}`);
    if (mode === undefined) throw new Error(`no mode for ${variant}`);

    for (const old of OLD_PROXIES) {
      it(`is taken over in ${mode.name} mode from ${old.name}`, async () => {
        await old.install(node, OLD_WEB);
        await expectEndpoints('pod-1-1');
        const traffic = await startTraffic(bed.world, FLOWS);
        await traffic.goOn();
        await program(mode);
        // Chains of iptables became ours or went; a table of nftables is kube-proxy's to remove.
        if (old.name === 'nftables') await old.cleanUp(node);
        expect(await chainsOf('-WEB'), 'kube-proxy’s chains').to.be.empty;
        await expectEndpoints('pod-1-1', 'pod-1-2');
        await traffic.goOn();
        expect(await traffic.stop()).to.deep.equal({ failures: [], broken: [] });
      });
    }

    it(`is given back in ${mode.name} mode, and kept by kube-proxy from then on`, async () => {
      await program(mode);
      await expectEndpoints('pod-1-1', 'pod-1-2');
      expect(await chainsOf(':KUBE-SVC-10'), 'dispatch chains').not.to.be.empty;
      const traffic = await startTraffic(bed.world, FLOWS);
      await traffic.goOn();
      await proxyOf(variant).install(node, OLD_WEB);
      await removeStaleChains(variant);
      await expectEndpoints('pod-1-1');
      expect(await cleanUp()).to.include(`chains of iptables-${variant} are those of a kube-proxy`);
      await traffic.goOn();
      expect(await traffic.stop()).to.deep.equal({ failures: [], broken: [] });
    });
  }

  async function program(mode: PacketMode): Promise<void> {
    await mode.program(node, { source: bed.source.flags, flags: CLUSTER_CIDR_FLAGS });
  }

  async function cleanUp(): Promise<string> {
    return (await node.exec(process.execPath, ['agent/main.ts', 'cleanup'])).stdout;
  }

  /** The rules of a kube-proxy that `check` warns of, by the mode that is asked about. */
  async function rivals(): Promise<Rivals> {
    const found = await Promise.all(
      PROXY_MODES.map(async (mode) => {
        const args = ['agent/main.ts', 'check', '--proxy-mode', mode];
        const { stdout } = await node.exec(process.execPath, args);
        const warnings = stdout.matchAll(/^warning {2}kube-proxy has (.*)$/gm);
        return [mode, [...warnings].map(([, what = '']) => what)] as const;
      }),
    );
    return Object.fromEntries(found);
  }

  async function flush(): Promise<void> {
    await node.exec('nft', ['flush', 'ruleset']);
    for (const program of ['iptables-legacy', 'ip6tables-legacy']) {
      for (const table of ['nat', 'filter', 'mangle']) {
        for (const command of ['-F', '-X']) await node.exec(program, ['-t', table, command]);
      }
    }
  }

  /** As kube-proxy does with every sync: chains of its names that it does not use are deleted. */
  async function removeStaleChains(variant: (typeof VARIANTS)[number]): Promise<void> {
    for (const program of ['iptables', 'ip6tables']) {
      const { stdout } = await node.exec(`${program}-${variant}-save`, ['-t', 'nat']);
      const stale = [...stdout.matchAll(/^:(KUBE-(?:SVC|SVL|EXT|FW|SEP)-\S+)/gm)]
        .map(([, name = '']) => name)
        .filter((name) => !name.endsWith('-WEB'));
      const input = ['*nat', ...stale.map((name) => `:${name} - [0:0]`)]
        .concat(
          stale.map((name) => `-X ${name}`),
          'COMMIT',
          '',
        )
        .join('\n');
      await node.exec(`${program}-${variant}-restore`, ['--noflush'], { input });
    }
  }

  /** The lines of either variant that declare chains and hold this text. */
  async function chainsOf(text: string): Promise<string[]> {
    const saved = await Promise.all(
      VARIANTS.flatMap((variant) =>
        ['iptables', 'ip6tables'].map((program) => node.exec(`${program}-${variant}-save`, [])),
      ),
    );
    const lines = saved.flatMap(({ stdout }) => stdout.split('\n'));
    return lines.filter((line) => line.startsWith(':') && line.includes(text));
  }

  async function expectEndpoints(...hosts: string[]): Promise<void> {
    const row: PacketRow = {
      name: 'a pod reaches the ClusterIP',
      from: 'pod-1-3',
      to: clusterIpOf(WEB),
      protocols: ['tcp'],
      expected: kept(...hosts),
    };
    expect(await sendRow(bed.world, row)).to.deep.equal(expectedObservations(row));
  }
});

// --- internal ---

type Rivals = Readonly<Record<string, readonly string[]>>;

function rivalsInEveryMode(rivals: readonly string[]): Rivals {
  return Object.fromEntries(PROXY_MODES.map((mode) => [mode, rivals]));
}

function proxyOf(variant: string): OldProxy {
  const old = OLD_PROXIES.find(({ name }) => name.includes(`${variant} variant`));
  if (old === undefined) throw new Error(`kube-proxy knows no variant ${variant}`);
  return old;
}
