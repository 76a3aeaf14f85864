/**
 * What settings of a node change in the packet table: five nodes, each with another way to tell
 * pods, and with node ports at other addresses.
 */
import { hostCidr, IP_FAMILIES } from '../../rules/ip.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { PACKET_RUNS, RUN_TIMEOUT_MS } from './packets/runs.ts';
import { testScene } from './packets/scene.ts';
import { clusterIpOf, vipOf } from './packets/target.ts';
import {
  DETECTOR_FLAGS,
  DETECTOR_SERVICES,
  LOCAL_DETECTORS,
} from './packets/topics/local-detectors.ts';
import { HINTS_WITHOUT_ZONE } from './packets/topics/hints.ts';
import { NODE_PORT_ADDRESSES, NODE_PORT_FLAGS } from './packets/topics/node-port-addresses.ts';
import { describeUnless } from './support/iptables-obstacle.ts';

/** Node 4 has routed pods, whose interfaces have names of their own. */
const NODES = [
  ...[{ pods: 2 }, { pods: 2 }, { pods: 2 }],
  ...[{ pods: 2, podNetwork: 'ptp' } as const, { pods: 2 }],
];

for (const { name, mode, source } of PACKET_RUNS) {
  describeUnless(mode.obstacle, `node settings ${name}`, function () {
    this.timeout(RUN_TIMEOUT_MS);
    let bed: Bed;
    before(async () => {
      bed = await createBed({ nodes: NODES, clients: 1 }, source);
      await Promise.all(
        DETECTOR_SERVICES.flatMap(({ web, local }, index) => {
          const targets = [clusterIpOf(web), vipOf(local)];
          return targets.flatMap(({ ips }) =>
            IP_FAMILIES.map((family) => bed.world.routeVia(hostCidr(ips[family]), index + 1)),
          );
        }),
      );
    });
    after(() => bed.close());

    testScene(mode, () => bed, {
      topics: [...LOCAL_DETECTORS, ...NODE_PORT_ADDRESSES, HINTS_WITHOUT_ZONE],
      flags: NODES.map((_, index) => [
        ...(DETECTOR_FLAGS[index] ?? []),
        ...(NODE_PORT_FLAGS[index] ?? []),
      ]),
    });
  });
}
