/** Endpoints, agents and rules come and go, and traffic goes on. */
import { expect } from 'chai';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { type LogLine, type RunningAgent, startAgent } from './packets/agent.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { kept, type PacketRow } from './packets/row.ts';
import { expectedObservations, sendRow } from './packets/send.ts';
import { type Endpoint, makeService, type TestService } from './packets/service.ts';
import { draining, ServingPods } from './packets/serving-pods.ts';
import { clusterIpOf, nodePortAt, vipOf } from './packets/target.ts';
import { startTraffic } from './packets/traffic.ts';

/** Where pods serve in this test, which opens and closes them. */
const PORT = 9000;

const WEB = { number: 1, name: 'web' };

const FLOWS = [
  { from: 'pod-1-5', to: clusterIpOf(WEB) },
  { from: 'client-1', to: vipOf(WEB) },
  { from: 'client-1', to: nodePortAt(1, WEB) },
];

describe('traffic', () => {
  let bed: Bed;
  let agent: RunningAgent;
  let pods: ServingPods;

  before(async () => {
    bed = await createBed({ nodes: [{ pods: 5 }], clients: 1 });
    pods = new ServingPods(bed, PORT);
    for (const pod of ['pod-1-1', 'pod-1-2']) await pods.open(pod);
    await bed.write([web('pod-1-1', 'pod-1-2')]);
    await restart();
    await agent.waitForApplied(IP_FAMILIES.length);
  });
  after(async () => {
    await agent.stop();
    await bed.close();
  });

  it('is spared when endpoints are added', async () => {
    await expectToBeSpared(async () => {
      await pods.open('pod-1-3');
      await change(web('pod-1-1', 'pod-1-2', 'pod-1-3'));
    });
    await expectEndpoints('pod-1-1', 'pod-1-2', 'pod-1-3');
  });

  it('is spared when an endpoint terminates and goes', async () => {
    await expectToBeSpared(async () => {
      await change(web('pod-1-1', 'pod-1-2', draining('pod-1-3')));
      await pods.close('pod-1-3');
      await change(web('pod-1-1', 'pod-1-2'), extra(2));
    });
    await expectEndpoints('pod-1-1', 'pod-1-2');
  });

  it('is spared when one endpoint after the other is replaced', async () => {
    await expectToBeSpared(async () => {
      await pods.open('pod-1-3');
      await change(web(draining('pod-1-1'), 'pod-1-2', 'pod-1-3'));
      await pods.close('pod-1-1');
      await pods.open('pod-1-4');
      await change(web(draining('pod-1-2'), 'pod-1-3', 'pod-1-4'));
      await pods.close('pod-1-2');
    });
    await expectEndpoints('pod-1-3', 'pod-1-4');
  });

  it('is spared when the agent is killed, and the next one finds nothing to do', async () => {
    const usual = await change(web('pod-1-3', 'pod-1-4'), extra(2));
    await expectToBeSpared(async () => {
      await agent.kill();
      await restart();
      // The same kind of change, so that anything else that the new agent does shows.
      await change(web('pod-1-3', 'pod-1-4'), extra(2), extra(3));
    });
    expect(agent.applied.map(sizeOf)).to.have.deep.members(usual.map(sizeOf));
  });

  it('is back a moment after somebody flushes the ruleset, and held connections live on', async () => {
    const { ips, port } = clusterIpOf(WEB);
    const held = await Promise.all(
      IP_FAMILIES.map((family) => bed.world.host('pod-1-5').holdOpen({ ip: ips[family], port })),
    );
    const applied = agent.applied.length;
    await bed.world.host('node-1').exec('nft', ['flush', 'ruleset']);
    await agent.waitForApplied(applied + IP_FAMILIES.length);
    const repairs = agent.log.filter(({ msg }) => msg === 'repairing the table');
    expect(repairs.map(({ family }) => family)).to.have.members([...IP_FAMILIES]);
    await expectEndpoints('pod-1-3', 'pod-1-4');
    for (const connection of held) expect(await connection.release()).to.include({ alive: true });
  });

  async function restart(): Promise<void> {
    agent = await startAgent(bed.world.host('node-1'), {
      source: bed.source.flags,
      flags: [...CLUSTER_CIDR_FLAGS, '--iptables-sync-period', '1s'],
    });
  }

  /** Writes the Services and waits for one transaction a family; resolves to what was logged of them. */
  async function change(...services: TestService[]): Promise<LogLine[]> {
    const applied = agent.applied.length;
    await bed.write(services);
    await agent.waitForApplied(applied + IP_FAMILIES.length);
    return agent.applied.slice(applied);
  }

  async function expectToBeSpared(happen: () => Promise<void>): Promise<void> {
    const traffic = await startTraffic(bed.world, FLOWS);
    await traffic.goOn();
    await happen();
    await traffic.goOn();
    expect(await traffic.stop()).to.deep.equal({ failures: [], broken: [] });
  }

  async function expectEndpoints(...hosts: string[]): Promise<void> {
    const row: PacketRow = {
      name: 'a pod reaches the ClusterIP',
      from: 'pod-1-5',
      to: clusterIpOf(WEB),
      protocols: ['tcp'],
      expected: kept(...hosts.map((host) => `${host}:${PORT}`)),
    };
    expect(await sendRow(bed.world, row)).to.deep.equal(expectedObservations(row));
  }
});

// --- internal ---

function web(...endpoints: Endpoint[]): TestService {
  return makeService({
    ...WEB,
    type: 'LoadBalancer',
    endpoints,
    ports: [{ name: 'tcp', protocol: 'TCP', targetPort: PORT }],
  });
}

/** A Service that nobody uses. */
function extra(number: number): TestService {
  return makeService({ number, name: `extra-${number}`, endpoints: [`pod-1-${number}`] });
}

/** How much a transaction changed. */
function sizeOf({ family, table, added, replaced, removed }: LogLine): object {
  return { family, table, added, replaced, removed };
}
