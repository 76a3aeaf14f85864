import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { IPTABLES_VARIANTS } from '../../agent/kernel/iptables-variant.ts';
import { createWorld } from '../../rules/services/world.ts';
import { fillWorld } from '../../scripts/bench/cluster.ts';
import type { ChangeFigure } from '../../scripts/bench/figures.ts';
import { addNeighbours, removeNeighbours } from '../../scripts/bench/first-packet/neighbours.ts';
import { FIRST_PACKET_RULES } from '../../scripts/bench/iptables-figures.ts';
import { CHAIN_PER_ENDPOINT } from '../../scripts/bench/kube-proxy/chain-per-endpoint.ts';
import { CHAIN_PER_SERVICE } from '../../scripts/bench/kube-proxy/chain-per-service.ts';
import { tableText } from '../../scripts/bench/kube-proxy/table.ts';
import { inNamespace, NODE } from '../../scripts/bench/namespace.ts';
import { rejectionOf } from './support/rejection.ts';
import { iptablesObstacle, itUnless } from './support/iptables-obstacle.ts';

const SIZE = { services: 3, endpoints: 2 };

describe('the benchmarks on a real kernel', () => {
  it('measure our side: a full sync, a restart that sends nothing, and single changes', async () => {
    await inNamespace(async (measure) => {
      const fullSync = await measure('full-sync', SIZE);
      expect(fullSync).to.include({ layout: 'switchyard', ...SIZE });
      expect(fullSync.nftSeconds).to.be.within(0, fullSync.seconds);
      expect(fullSync.agentPeakBytes).to.be.greaterThan(fullSync.nftPeakBytes);
      expect(await measure('restart', SIZE)).to.include({ elementsSent: 0 });
      const changes = await measure('one-endpoint', { size: SIZE, rounds: 2 });
      expect(changes.map(({ change }) => change)).to.deep.equal(['replace', 'add', 'remove']);
      for (const change of changes) expectOrderOf(change);
    });
  });

  it('measure the bundled agent: a start, changes that land, and what it takes', async () => {
    const { liveStart, liveChange, liveLoad } = await inNamespace((measure) =>
      measure('live-agent', {
        size: SIZE,
        minSyncSeconds: 0,
        rounds: 2,
        loads: [{ changesPerSecond: 20, seconds: 0.2 }],
        settlingMs: 0,
      }),
    );
    for (const start of liveStart) {
      expect(start.seconds).to.be.greaterThan(0);
      expect(start.agentPeakBytes).to.be.at.least(start.agentBytes);
      expect(start.agentBytes).to.be.greaterThan(start.nftPeakBytes);
    }
    for (const change of liveChange) {
      expect(change).to.include({ ...SIZE, minSyncSeconds: 0, rounds: 2 });
      expect(change.committedP50).to.be.greaterThan(0);
      expect(change.landedP99).to.be.at.least(change.landedP50);
    }
    expect([liveStart, liveChange, liveLoad].map(({ length }) => length)).to.deep.equal([1, 1, 1]);
    expect(liveLoad[0]).to.include({ changesPerSecond: 20, requests: 0 });
  });

  for (const variant of IPTABLES_VARIANTS) {
    const obstacle = iptablesObstacle(variant);
    for (const layout of ['switchyard', 'kube-proxy'] as const) {
      itUnless(obstacle, `measure the chains of ${layout} in iptables-${variant}`, async () => {
        const options = { layout, variant, size: SIZE };
        const { chainSync, chainChange } = await inNamespace((measure) =>
          measure('iptables', { ...options, isPopulated: true, isSyncMeasured: true, rounds: 2 }),
        );
        expect(chainSync[0]).to.include({ layout, variant, ...SIZE, foreignRules: 2_000 });
        expect(chainChange[0]).to.include({ layout, variant, ...SIZE, rounds: 2 });
        const { sentP50 = NaN, committedP50 = NaN } = chainChange[0] ?? {};
        expect(committedP50).to.be.greaterThan(sentP50);
      });
    }
  }

  for (const rules of FIRST_PACKET_RULES) {
    it(`measure first packets, rules: ${rules}`, async () => {
      await inNamespace(async (measure) => {
        await addNeighbours(NODE);
        try {
          const figure = await measure('first-packet', { rules, size: SIZE, flows: 10 });
          expect(figure).to.include({ rules, ...SIZE, flows: 10 });
          expect(figure.p99).to.be.at.least(figure.p50);
        } finally {
          await removeNeighbours();
        }
      });
    });
  }

  it('see that packets do not arrive', async () => {
    await inNamespace(async (measure) => {
      await addNeighbours(NODE);
      try {
        // Without endpoints every packet is rejected.
        const size = { ...SIZE, endpoints: 0 };
        const failed = measure('first-packet', { rules: 'switchyard, nftables', size, flows: 10 });
        expect(await rejectionOf(failed)).to.match(/^of 2 packets only 0 arrived at a pod$/);
      } finally {
        await removeNeighbours();
      }
    });
  });

  it('see that a table does not hold the cluster', async () => {
    await inNamespace(async (measure) => {
      await measure('full-sync', SIZE);
      const larger = { ...SIZE, services: SIZE.services + 1 };
      // A ClusterIP, its verdict, two endpoints.
      expect(await measure('restart', larger)).to.include({ elementsSent: 4 });
    });
  });

  for (const layout of ['kube-proxy 1.36', 'kube-proxy 1.35'] as const) {
    it(`measure the layout of ${layout}`, async () => {
      const { fullSync, oneEndpoint } = await inNamespace((measure) =>
        measure('kube-proxy', { layout, size: SIZE, rounds: 2 }),
      );
      expect(fullSync).to.include({ layout, ...SIZE });
      expect(oneEndpoint).to.have.length(1);
      for (const change of oneEndpoint) expectOrderOf(change);
    });
  }

  const LAYOUTS = [
    {
      name: 'since 1.36, a chain for each Service',
      layout: CHAIN_PER_SERVICE,
      chains: 3,
      dnats: 3,
    },
    {
      name: 'up to 1.35, a chain for each endpoint too',
      layout: CHAIN_PER_ENDPOINT,
      chains: 9,
      dnats: 6,
    },
  ];
  for (const { name, layout, chains, dnats } of LAYOUTS) {
    it(`know what kube-proxy made ${name}`, async () => {
      const world = createWorld();
      fillWorld(world, SIZE);
      const ports = [...world.checkOut().ports.values()].flat();
      const table = await listLoaded(tableText(layout, ports));
      expect(table.match(/^\tchain \w+-[A-Z0-9]{8}-/gm)).to.have.length(chains);
      expect(table.match(/dnat (to|ip to) /g)).to.have.length(dnats);
      expect(table.match(/ : goto service-/g)).to.have.length(3);
    });
  }

  it('measure the userspace proxy beside those of its peers that are installed', async function () {
    this.timeout(60_000);
    if (!isOnPath('ab') || !isOnPath('nginx')) {
      if (this.test !== undefined) this.test.title += ': ab or nginx is missing';
      this.skip();
    }
    const figures = await inNamespace((measure) => measure('userspace', { scale: 'smoke' }));
    const carriers = figures.connections.map(({ carrier }) => carrier);
    expect(carriers).to.include('switchyard');
    expect(carriers.length + figures.missing.length).to.equal(3);
    for (const { perSecond } of figures.connections) expect(perSecond).to.be.greaterThan(0);
    for (const { bytesPerSecond } of figures.throughput) expect(bytesPerSecond).to.be.above(1e6);
    expect(figures.latency.map(({ carrier }) => carrier)).to.deep.equal(carriers);
    for (const { emptyBytes, connections } of figures.idle) {
      expect(emptyBytes).to.be.greaterThan(1e6);
      expect(connections).to.equal(20);
    }
    expect(figures.listeners.map(({ listeners }) => listeners)).to.deep.equal(
      carriers.map(() => 10),
    );
    const [ours] = figures.datagrams;
    expect(ours).to.include({ carrier: 'switchyard', clients: 2, lost: 0 });
  });

  it('say why a measurement failed', async () => {
    const size = { ...SIZE, endpoints: 0 };
    const failed = inNamespace((measure) =>
      measure('kube-proxy', { layout: 'kube-proxy 1.36', size, rounds: 0 }),
    );
    expect(await rejectionOf(failed)).to.match(/^nft -f - failed: .*Error: /);
  });
});

// --- internal ---

function expectOrderOf({ sentP50, committedP50, committedP99, endedP99 }: ChangeFigure): void {
  expect(sentP50).to.be.greaterThan(0);
  expect(committedP50).to.be.greaterThan(sentP50);
  expect(committedP99).to.be.at.least(committedP50);
  expect(endedP99).to.be.greaterThan(sentP50);
}

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** What nft lists after it has loaded the text into an empty kernel. */
async function listLoaded(text: string): Promise<string> {
  const inside = ['netns', 'exec', 'kube-proxy', 'nft'];
  await execa('ip', ['netns', 'add', 'kube-proxy']);
  try {
    await execa('ip', [...inside, '-f', '-'], { input: text });
    return (await execa('ip', [...inside, 'list', 'ruleset'])).stdout;
  } finally {
    await execa('ip', ['netns', 'delete', 'kube-proxy']);
  }
}
