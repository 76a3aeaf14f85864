/**
 * iptables mode takes over from kube-proxy and gives back, with traffic. Chains of the same names in
 * the same variant simply become ours, and theirs again.
 */
import { expect } from 'chai';
import { PROXY_MODES } from '../../agent/config/proxy-mode.ts';
import { IPTABLES_VARIANTS } from '../../agent/kernel/iptables-variant.ts';
import { type IpFamily } from '../../rules/ip.ts';
import { clusterIp } from '../support/addresses.ts';
import { ipsOfHost } from './packets/hosts.ts';
import { KERNEL_MODES } from './packets/mode.ts';
import { kept, type PacketRow } from './packets/row.ts';
import { expectedObservations, sendRow } from './packets/send.ts';
import { ENDPOINT_PORT, makeService, nodePortOf, SERVICE_PORT } from './packets/service.ts';
import { clusterIpOf, nodePortAt } from './packets/target.ts';
import { OLD_PROXIES, type OldProxy, removeStaleChains } from './support/kube-proxy.ts';
import { describeUnless, iptablesObstacle } from './support/iptables-obstacle.ts';
import { createWebNode, WEB, type WebNode } from './support/web-node.ts';

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

/** By the way in which kube-proxy has written its rules, how `check` calls them. */
const RIVALS: Readonly<Record<string, readonly string[]>> = {
  nftables: ['tables of nftables'],
  'iptables, nft variant': ['chains in iptables-nft', 'chains in ip6tables-nft'],
  'iptables, legacy variant': ['chains in iptables-legacy', 'chains in ip6tables-legacy'],
};

/** kube-proxy's chains may be in either variant, whichever is ours. */
const OBSTACLE = IPTABLES_VARIANTS.map(iptablesObstacle).find((reason) => reason !== undefined);

describeUnless(OBSTACLE, 'a node that kube-proxy has served', () => {
  let node: WebNode;

  before(async () => {
    node = await createWebNode('NodePort', OTHERS);
  });
  after(() => node.close());
  beforeEach(() => node.flush());

  for (const old of OLD_PROXIES) {
    it(`is warned of kube-proxy's rules by check: ${old.name}`, async () => {
      await old.install(node.host, OLD_WEB);
      expect(await rivals()).to.deep.equal(rivalsInEveryMode(RIVALS[old.name] ?? []));
    });
  }

  for (const mode of KERNEL_MODES) {
    it(`is not warned by check of what is ours: ${mode.name}`, async () => {
      await node.program(mode);
      expect(await rivals()).to.deep.equal(rivalsInEveryMode([]));
    });
  }

  for (const variant of IPTABLES_VARIANTS) {
    const mode = KERNEL_MODES.find(({ name }) => name === `iptables-${variant}`);
    if (mode === undefined) throw new Error(`no mode for ${variant}`);

    for (const old of OLD_PROXIES) {
      it(`is taken over in ${mode.name} mode from ${old.name}`, async () => {
        await old.install(node.host, OLD_WEB);
        await expectEndpoints('pod-1-1');
        await node.expectUnbroken(FLOWS, async () => {
          await node.program(mode);
          // Chains of iptables became ours or went; a table of nftables is kube-proxy's to remove.
          if (old.name === 'nftables') await old.cleanUp(node.host);
          expect(await chainsOf('-WEB'), 'kube-proxy’s chains').to.be.empty;
          await expectEndpoints('pod-1-1', 'pod-1-2');
        });
      });
    }

    it(`is given back in ${mode.name} mode, and kept by kube-proxy from then on`, async () => {
      await node.program(mode);
      await expectEndpoints('pod-1-1', 'pod-1-2');
      expect(await chainsOf(':KUBE-SVC-10'), 'dispatch chains').not.to.be.empty;
      await node.expectUnbroken(FLOWS, async () => {
        await proxyOf(variant).install(node.host, OLD_WEB);
        await removeStaleChains(node.host, variant);
        await expectEndpoints('pod-1-1');
        const others = `chains of iptables-${variant} are those of a kube-proxy`;
        expect(await cleanUp()).to.include(others);
      });
    });
  }

  async function cleanUp(): Promise<string> {
    return (await node.host.exec(process.execPath, ['agent/main.ts', 'cleanup'])).stdout;
  }

  /** The rules of a kube-proxy that `check` warns of, by the mode that is asked about. */
  async function rivals(): Promise<Rivals> {
    const found = await Promise.all(
      PROXY_MODES.map(async (mode) => {
        const args = ['agent/main.ts', 'check', '--proxy-mode', mode];
        const { stdout } = await node.host.exec(process.execPath, args);
        const warnings = stdout.matchAll(/^warning {2}kube-proxy has (.*)$/gm);
        return [mode, [...warnings].map(([, what = '']) => what)] as const;
      }),
    );
    return Object.fromEntries(found);
  }

  /** The lines of either variant that declare chains and hold this text. */
  async function chainsOf(text: string): Promise<string[]> {
    const saved = await Promise.all(IPTABLES_VARIANTS.map((variant) => node.saved(variant)));
    const lines = saved.flatMap((output) => output.split('\n'));
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
    expect(await sendRow(node.bed.world, row)).to.deep.equal(expectedObservations(row));
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
