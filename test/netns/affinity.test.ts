/** ClientIP affinity with the real kernel: which clients stick, for how long, and which have to move. */
import { expect } from 'chai';
import { IP_FAMILIES } from '../../rules/ip.ts';
import type { AffinityEntry } from '../../rules/nftables/affinity.ts';
import { type RunningAgent, runAgentOnce, startAgent } from './packets/agent.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { ipsOfHost, listOf } from './packets/hosts.ts';
import { kernelOf } from './packets/kernel.ts';
import { makeService, type TestService } from './packets/service.ts';
import { addStickyClients, findPins, type Pins, STICKY_CLIENTS } from './packets/stickiness.ts';
import { clusterIpOf, nodePortAt, vipOf } from './packets/target.ts';

const LONG_SECONDS = 600;
const SHORT_SECONDS = 3;

/** Every kind of frontend, external ones with Local policy. */
const TARGETS = {
  ClusterIP: clusterIpOf({ number: 1 }),
  'node port': nodePortAt(1, { number: 1 }),
  VIP: vipOf({ number: 1 }),
};

/** Each frontend with each protocol and family: what clients are stuck to independently. */
const GROUPS = Object.keys(TARGETS).length * 2 * IP_FAMILIES.length;

describe('ClientIP affinity', () => {
  let bed: Bed;

  before(async () => {
    bed = await createBed({ nodes: [{ pods: 4 }], clients: 1 });
    await addStickyClients(bed);
  });
  after(() => bed.close());

  const run = () => ({ source: bed.source.flags, flags: CLUSTER_CIDR_FLAGS });
  const pinsNow = (): Promise<Pins> => findPins(bed, TARGETS);

  /** The entries in the kernel's sets of both families. */
  const entriesNow = async (): Promise<AffinityEntry[]> => {
    const kernel = kernelOf(bed.world.host('node-1'));
    return (await Promise.all(IP_FAMILIES.map((family) => kernel.readAffinity(family)))).flat();
  };

  describe('of a Service whose endpoints change', () => {
    let agent: RunningAgent;
    let pins: Pins;

    /** Programs the endpoints; one transaction a family. */
    const changeTo = async (...endpoints: string[]): Promise<void> => {
      const applied = agent.applied.length;
      await bed.write([sticky(1, endpoints, LONG_SECONDS)]);
      await agent.waitForApplied(applied + IP_FAMILIES.length);
    };

    before(async () => {
      await bed.write([sticky(1, ['pod-1-1', 'pod-1-2', 'pod-1-3'], LONG_SECONDS)]);
      agent = await startAgent(bed.world.host('node-1'), run());
      await agent.waitForApplied(IP_FAMILIES.length);
      pins = await findPins(bed, TARGETS, 20);
    });
    after(() => agent.stop());

    it('sticks each client to one endpoint, connection after connection', () => {
      expect(pins).to.have.lengthOf(GROUPS * STICKY_CLIENTS.length);
      for (const [client, host] of pins) {
        expect(host, client).to.be.oneOf(['pod-1-1', 'pod-1-2', 'pod-1-3']);
      }
    });

    // Of 12 groups of 20 clients one has all of them at the same endpoint: once in 10^8 runs.
    it('spreads clients over endpoints, for every frontend, protocol and family by itself', () => {
      const groups = Map.groupBy(pins, ([client]) => client.slice(0, client.lastIndexOf(' ')));
      expect(groups).to.have.lengthOf(GROUPS);
      for (const [group, members] of groups) {
        expect(new Set(members.map(([, host]) => host)), group)
          .to.have.property('size')
          .above(1);
      }
    });

    it('leaves every client where it is when an endpoint is added', async () => {
      await changeTo('pod-1-1', 'pod-1-2', 'pod-1-3', 'pod-1-4');
      expect(await pinsNow()).to.deep.equal(pins);
    });

    it('moves the clients of an endpoint that is gone, and nobody else', async () => {
      const leavers = [...pins].filter(([, host]) => host === 'pod-1-1').map(([client]) => client);
      expect(leavers).not.to.be.empty;

      await changeTo('pod-1-2', 'pod-1-3');
      expect(await entriesNow()).to.have.lengthOf(pins.size - leavers.length);

      const moved = await pinsNow();
      for (const client of leavers) {
        expect(moved.get(client), client).to.be.oneOf(['pod-1-2', 'pod-1-3']);
      }
      expect(without(moved, leavers)).to.deep.equal(without(pins, leavers));
      pins = moved;
    });

    it('leaves every client where it is when endpoints change while no agent runs', async () => {
      await agent.stop();
      await bed.write([sticky(1, ['pod-1-4', 'pod-1-3', 'pod-1-2'], LONG_SECONDS)]);
      await runAgentOnce(bed.world.host('node-1'), run());
      expect(await pinsNow()).to.deep.equal(pins);
    });
  });

  describe('of a Service with a short timeout', () => {
    const target = clusterIpOf({ number: 2 });
    const endpoints = ['pod-1-1', 'pod-1-2', 'pod-1-3'];
    /** Who connects all the time. */
    const regulars = ['client-1', 'pod-1-4'];

    it('forgets clients that stay away, and none that keeps coming', async () => {
      await bed.write([sticky(2, endpoints, SHORT_SECONDS)]);
      await runAgentOnce(bed.world.host('node-1'), run());
      const loads = await Promise.all(
        regulars.flatMap((host) =>
          IP_FAMILIES.flatMap((family) =>
            (['tcp', 'udp'] as const).map((protocol) => {
              const request = { protocol, ip: target.ips[family], port: target.port };
              return bed.world.host(host).load({ ...request, concurrency: 1, intervalMs: 50 });
            }),
          ),
        ),
      );
      const pins = await findPins(bed, { ClusterIP: target });

      const regularIps = regulars.flatMap((host) => listOf(ipsOfHost(host)));
      const onlyRegularsAreStuck = async (): Promise<boolean> => {
        const stuck = (await entriesNow()).filter(
          (entry) => entry.timeoutSeconds === SHORT_SECONDS,
        );
        return stuck.every(({ client }) => regularIps.some((ip) => ip === client));
      };
      await eventually(onlyRegularsAreStuck, 'other clients are forgotten');
      const reports = await Promise.all(loads.map((load) => load.stop()));
      for (const { answeredBy, firstFailures } of reports) {
        expect(firstFailures).to.be.empty;
        expect(Object.keys(answeredBy)).to.have.lengthOf(1);
      }

      // All of them back at the endpoint they had before: never.
      const newPins = await findPins(bed, { ClusterIP: target });
      expect(newPins).not.to.deep.equal(pins);
      for (const [client, host] of newPins) expect(host, client).to.be.oneOf(endpoints);
    });
  });
});

// --- internal ---

function sticky(number: number, endpoints: readonly string[], timeoutSeconds: number): TestService {
  return makeService({
    number,
    name: 'sticky',
    type: 'LoadBalancer',
    endpoints,
    spec: {
      externalTrafficPolicy: 'Local',
      sessionAffinity: 'ClientIP',
      sessionAffinityConfig: { clientIP: { timeoutSeconds } },
    },
  });
}

function without(pins: Pins, clients: readonly string[]): Map<string, string> {
  return new Map([...pins].filter(([client]) => !clients.includes(client)));
}
