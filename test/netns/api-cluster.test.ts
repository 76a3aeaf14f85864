/**
 * A cluster of four nodes on an API server: what clients of its Services notice while pods are replaced,
 * agents die and the API server fails. The minute of the outage is also the one in which node 4's agent,
 * whose connections are dead from the beginning, waits for a byte: much of it would pass anyway.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { isRealServerWanted } from '../cluster/server.ts';
import { DEFAULT_TIMEOUT_MS } from '../../scripts/world/host/protocol.ts';
import type { Host } from '../../scripts/world/host.ts';
import { type RunningAgent, runAgentOnce, startAgent } from './packets/agent.ts';
import type { ApiSource } from './packets/api-source.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { Marker } from './packets/marker.ts';
import { programmedOf } from './packets/programmed.ts';
import { masqueraded, type PacketRow } from './packets/row.ts';
import { RUN_TIMEOUT_MS } from './packets/runs.ts';
import { expectedObservations, sendRow } from './packets/send.ts';
import { type Endpoint, makeService, type TestService } from './packets/service.ts';
import { draining, ServingPods } from './packets/serving-pods.ts';
import { API_SERVER } from './packets/source.ts';
import { clusterIpOf, nodePortAt, vipOf } from './packets/target.ts';
import { type Flow, startTraffic } from './packets/traffic.ts';

/** Where pods serve in this test, which opens and closes them. */
const PORT = 9000;

const WEB = { number: 1, name: 'web' };
const LOCAL = { number: 2, name: 'local' };
/** Nothing happens to its endpoints. */
const STEADY = { number: 3, name: 'steady' };

/** The endpoints of WEB and LOCAL at first. */
const FIRST_PODS = ['pod-1-1', 'pod-1-2', 'pod-2-1'];

/** To each kind of frontend, by either policy; node 3 has no endpoints of its own. */
const FLOWS: readonly Flow[] = [
  { from: 'pod-1-5', to: clusterIpOf(WEB) },
  { from: 'client-1', to: vipOf(WEB) },
  { from: 'client-1', to: nodePortAt(3, WEB) },
  { from: 'pod-2-5', to: clusterIpOf(LOCAL) },
  { from: 'client-1', to: vipOf(LOCAL) },
  { from: 'client-1', to: nodePortAt(2, LOCAL) },
];

/** To endpoints that stay, by way of node 4. */
const STEADY_FLOWS: readonly Flow[] = [
  { from: 'pod-4-1', to: clusterIpOf(STEADY) },
  { from: 'client-1', to: nodePortAt(4, STEADY) },
];

/** Node 4 has an agent that the API server does not reach any more. */
const FOLLOWING = ['node-1', 'node-2', 'node-3'];
const CUT_OFF = 'node-4';

/** Longer than an agent waits until it takes a silent watch for a dead one: 90 s. */
const SILENCE_LIMIT_MS = 110_000;
const OUTAGE_MS = 60_000;
/** Tries come ever more rarely while the API server is away. */
const RETRY_LIMIT_MS = 40_000;

describe('a cluster on an API server', function () {
  this.timeout(RUN_TIMEOUT_MS);
  let bed: Bed<ApiSource>;
  let pods: ServingPods;
  let endpoints: readonly Endpoint[] = FIRST_PODS;
  const agents = new Map<string, RunningAgent>();
  const marker = new Marker(['pod-1-5', 'pod-2-5']);

  before(async () => {
    const nodes = [{ pods: 5 }, { pods: 5, podNetwork: 'ptp' } as const, { pods: 1 }, { pods: 1 }];
    bed = await createBed({ nodes, clients: 1 }, API_SERVER);
    pods = new ServingPods(bed, PORT);
    for (const pod of FIRST_PODS) await pods.open(pod);
    await write();
    await Promise.all(bed.nodes.map((node) => start(node)));
    await settle(bed.nodes);
    await bed.source.relays.get(CUT_OFF)?.stall();
  });
  after(async () => {
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
    await bed.close();
  });

  for (const node of [1, 2, 3]) {
    it(`has its node ports at node ${node}`, async () => {
      const row: PacketRow = {
        name: 'a client outside reaches every endpoint',
        from: 'client-1',
        to: nodePortAt(node, WEB),
        protocols: ['tcp'],
        expected: masqueraded(...FIRST_PODS.map((pod) => `${pod}:${PORT}`)),
      };
      expect(await sendRow(bed.world, row)).to.deep.equal(expectedObservations(row));
    });
  }

  it('loses no connection while all pods of a Service are replaced, by either policy', async () => {
    await expectToBeSpared(FLOWS, async () => {
      // Node 1: each pod goes when its successor is there.
      await pods.open('pod-1-3');
      await change(draining('pod-1-1'), 'pod-1-2', 'pod-2-1', 'pod-1-3');
      await pods.close('pod-1-1');
      await change('pod-1-2', 'pod-2-1', 'pod-1-3');
      await pods.open('pod-1-4');
      await change(draining('pod-1-2'), 'pod-2-1', 'pod-1-3', 'pod-1-4');
      await pods.close('pod-1-2');
      // Node 2: its only pod has to stand in for its successor until that is ready.
      await change(draining('pod-2-1'), 'pod-1-3', 'pod-1-4');
      // A dropped packet is sent again: only after a while is a connection without endpoint lost.
      await sleep(2 * DEFAULT_TIMEOUT_MS);
      await pods.open('pod-2-2');
      await change(draining('pod-2-1'), 'pod-1-3', 'pod-1-4', 'pod-2-2');
      await pods.close('pod-2-1');
      await change('pod-1-3', 'pod-1-4', 'pod-2-2');
    });
    await expectRightRules();
    // So far the cut is one: this agent has heard of nothing.
    const [here, there] = await Promise.all(
      ['node-1', CUT_OFF].map((name) => programmedOf('default/web', bed.world.host(name))),
    );
    expect(there).not.to.deep.equal(here);
  });

  it('loses no connection when an agent is killed, and the next one makes up for it', async () => {
    await expectToBeSpared(FLOWS, async () => {
      await agentOn('node-1').kill();
      await pods.open('pod-2-3');
      endpoints = [...endpoints, 'pod-2-3'];
      await write();
      await start(bed.world.host('node-1'));
      await settle(following());
    });
    await expectRightRules();
  });

  it('loses no connection while the API server is away for a minute, and catches up', async function () {
    this.timeout(OUTAGE_MS + RUN_TIMEOUT_MS);
    await expectToBeSpared([...FLOWS, ...STEADY_FLOWS], async () => {
      const before = FOLLOWING.map((name) => agentOn(name).applied.length);
      await bed.source.server.kill();
      for (const name of FOLLOWING) {
        const isNoticed = (): boolean =>
          agentOn(name).log.some(({ msg }) => msg.startsWith('the API server is away'));
        await eventually(isNoticed, () => `${name} says that the API server is away`);
      }
      await sleep(OUTAGE_MS);
      expect(FOLLOWING.map((name) => agentOn(name).applied.length)).to.deep.equal(before);
      await bed.source.server.restart();
      await pods.open('pod-2-4');
      await change(...endpoints, 'pod-2-4');
    });
    await expectRightRules();
  });

  if (isRealServerWanted()) {
    it.skip(
      'loses no connection when agents have to list again: a real server is not to be told to forget',
    );
  } else {
    it('loses no connection when agents have to list again (410)', async () => {
      const { test } = bed.source.server;
      const lists = (): number => test?.requests.of(LIST).length ?? 0;
      const before = lists();
      await expectToBeSpared(FLOWS, async () => {
        // All in one go, so that nobody comes back before the past is forgotten.
        for (const kind of KINDS) for (const watch of test?.watches(kind) ?? []) watch.drop();
        test?.compact();
        await pods.open('pod-1-1');
        await change(...endpoints, 'pod-1-1');
      });
      expect(lists() - before).to.be.at.least(FOLLOWING.length);
      await expectRightRules();
    });
  }

  it('loses no connection by a watch that is dead without being closed, and catches up', async function () {
    this.timeout(SILENCE_LIMIT_MS + RETRY_LIMIT_MS);
    await expectToBeSpared(STEADY_FLOWS, () =>
      marker.untilSeenBy([bed.world.host(CUT_OFF)], SILENCE_LIMIT_MS),
    );
    await expectRightRules(bed.nodes);
  });

  it('has agents whose views agree', async () => {
    for (const { name } of [WEB, STEADY]) {
      const views = await Promise.all(
        bed.nodes.map((node) => programmedOf(`default/${name}`, node)),
      );
      expect(Object.keys(views[0] ?? {})).to.have.length(2);
      for (const view of views) expect(view).to.deep.equal(views[0]);
    }
  });

  const following = (): Host[] => FOLLOWING.map((name) => bed.world.host(name));

  async function start(node: Host): Promise<void> {
    const run = { source: bed.source.flags, flags: CLUSTER_CIDR_FLAGS };
    agents.set(node.name, await startAgent(node, run));
  }

  function agentOn(name: string): RunningAgent {
    const agent = agents.get(name);
    if (agent === undefined) throw new Error(`no agent on ${name}`);
    return agent;
  }

  async function write(): Promise<void> {
    await bed.write([...servicesOf(endpoints), marker.service]);
  }

  /** Resolves once these nodes have programmed what was written until now. */
  async function settle(nodes: readonly Host[]): Promise<void> {
    marker.advance();
    await write();
    await marker.untilSeenBy(nodes, RETRY_LIMIT_MS);
  }

  /** Has the Services other endpoints, on all nodes that follow. */
  async function change(...next: Endpoint[]): Promise<void> {
    endpoints = next;
    await write();
    await settle(following());
  }

  async function expectToBeSpared(
    flows: readonly Flow[],
    happen: () => Promise<void>,
  ): Promise<void> {
    const traffic = await startTraffic(bed.world, flows);
    await traffic.goOn();
    await happen();
    await traffic.goOn();
    expect(await traffic.stop()).to.deep.equal({ failures: [], broken: [] });
  }

  /** What an agent finds that begins anew: nothing to do. */
  async function expectRightRules(nodes: readonly Host[] = following()): Promise<void> {
    const run = { source: bed.source.flags, flags: CLUSTER_CIDR_FLAGS };
    const logs = await Promise.all(nodes.map((node) => runAgentOnce(node, run)));
    for (const log of logs) {
      const said = log.map(({ msg }) => msg);
      expect(said).to.include('starting').and.not.to.include('applied');
    }
  }
});

// --- internal ---

/** What agents watch, and one kind of it in the log of requests. */
const KINDS = ['services', 'endpointslices', 'nodes', 'servicecidrs'];
const LIST = { verb: 'list', resource: 'endpointslices' } as const;

function servicesOf(endpoints: readonly Endpoint[]): TestService[] {
  const ports = [{ name: 'tcp', protocol: 'TCP', targetPort: PORT }] as const;
  const policies = { externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Local' };
  return [
    makeService({ ...WEB, type: 'LoadBalancer', endpoints, ports }),
    makeService({ ...LOCAL, type: 'LoadBalancer', endpoints, ports, spec: policies }),
    makeService({
      ...{ ...STEADY, type: 'NodePort', endpoints: ['pod-1-5', 'pod-2-5'] },
      ports: [{ name: 'tcp', protocol: 'TCP' }],
    }),
  ];
}
