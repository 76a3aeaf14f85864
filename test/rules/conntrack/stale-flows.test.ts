import { expect } from 'chai';
import type { FlowPath } from '../../../rules/conntrack/flow-path.ts';
import { StaleFlows } from '../../../rules/conntrack/stale-flows.ts';
import { joinHostPort, type Ip } from '../../../rules/ip.ts';
import type { Frontend, ServiceKey, ServicePort } from '../../../rules/services/types.ts';
import { clientIp, clusterIp, externalIp, nodeIp, podIp } from '../../support/addresses.ts';
import { makeServicePort } from '../services/builders.ts';

const DNS = 'kube-system/dns' as ServiceKey;
const OTHER = 'default/other' as ServiceKey;
const VIP = clusterIp('IPv4', 10);
const LOAD_BALANCER = externalIp('IPv4', 1);
const NODE = nodeIp('IPv4', 1);
const [POD_1, POD_2, STRANGER] = [1, 2, 9].map((pod) => podIp('IPv4', 1, pod));

const FRONTENDS: readonly Frontend[] = [
  { kind: 'ClusterIP', ip: VIP, protocol: 'udp', port: 53 },
  { kind: 'LoadBalancer', ip: LOAD_BALANCER, protocol: 'udp', port: 53 },
  { kind: 'NodePort', ip: undefined, protocol: 'udp', port: 30053 },
];

/** The port of a UDP Service that these pods serve, at port 5353. */
function udpPort(pods: readonly (Ip | undefined)[], fields: Partial<ServicePort> = {}) {
  const servingUdp = pods.flatMap((pod) => (pod === undefined ? [] : joinHostPort(pod, 5353)));
  return makeServicePort({ protocol: 'udp', frontends: FRONTENDS, servingUdp, ...fields });
}

/** A flow to a frontend that somebody answers. */
function flow(
  destination: Ip,
  destinationPort: number,
  replier: Ip | undefined,
  replierPort = 5353,
): FlowPath {
  return { destination, destinationPort, replier: replier ?? destination, replierPort };
}

function untranslated(destination: Ip, port: number): FlowPath {
  return flow(destination, port, destination, port);
}

/** What a pass that starts now, after a sync, takes for stale. */
function passOf(flows: StaleFlows): (path: FlowPath) => boolean {
  flows.programmed();
  const pass = { lost: flows.startPass(), isNodeAddress: (ip: Ip) => ip === NODE };
  return (path) => flows.isStale(path, pass);
}

function flowsOf(ports: readonly ServicePort[]): StaleFlows {
  const flows = new StaleFlows('IPv4');
  flows.setPorts(DNS, ports);
  return flows;
}

describe('stale UDP flows', () => {
  const served = passOf(flowsOf([udpPort([POD_1, POD_2])]));
  const unserved = passOf(flowsOf([udpPort([])]));
  const cases: readonly {
    readonly name: string;
    readonly isStale: (path: FlowPath) => boolean;
    readonly path: FlowPath;
    readonly stale: boolean;
  }[] = [
    { name: 'to a serving endpoint', isStale: served, path: flow(VIP, 53, POD_1), stale: false },
    { name: 'to a stranger', isStale: served, path: flow(VIP, 53, STRANGER), stale: true },
    {
      name: 'to another port of a serving pod',
      isStale: served,
      path: flow(VIP, 53, POD_1, 5354),
      stale: true,
    },
    {
      name: 'of the time before the first endpoint',
      isStale: served,
      path: untranslated(VIP, 53),
      stale: true,
    },
    {
      name: 'through a load balancer IP',
      isStale: served,
      path: flow(LOAD_BALANCER, 53, STRANGER),
      stale: true,
    },
    {
      name: 'through a node port to a stranger',
      isStale: served,
      path: flow(NODE, 30053, STRANGER),
      stale: true,
    },
    {
      name: 'through a node port to a serving endpoint',
      isStale: served,
      path: flow(NODE, 30053, POD_2),
      stale: false,
    },
    {
      name: 'to a node port of the time before the first endpoint',
      isStale: served,
      path: untranslated(NODE, 30053),
      stale: true,
    },
    {
      name: 'through a node port of an address that was ours',
      isStale: served,
      path: flow(nodeIp('IPv4', 7), 30053, STRANGER),
      stale: true,
    },
    {
      name: 'of a client to the node port number of another machine',
      isStale: served,
      path: untranslated(clientIp('IPv4', 1), 30053),
      stale: false,
    },
    {
      name: 'to another port of the ClusterIP',
      isStale: served,
      path: flow(VIP, 54, STRANGER),
      stale: false,
    },
    {
      name: 'to another address',
      isStale: served,
      path: flow(clusterIp('IPv4', 11), 53, STRANGER),
      stale: false,
    },
    {
      name: 'from a Service without serving endpoints',
      isStale: unserved,
      path: flow(VIP, 53, POD_1),
      stale: true,
    },
    {
      name: 'through a node port without serving endpoints',
      isStale: unserved,
      path: flow(NODE, 30053, POD_1),
      stale: true,
    },
    {
      name: 'that nobody translates, to a Service without serving endpoints',
      isStale: unserved,
      path: untranslated(LOAD_BALANCER, 53),
      stale: false,
    },
  ];
  for (const { name, isStale, path, stale } of cases) {
    it(`${stale ? 'include' : 'do not include'} one ${name}`, () => {
      expect(isStale(path)).to.equal(stale);
    });
  }

  it('are none of TCP and SCTP, nor of the other family', () => {
    const isStale = passOf(
      flowsOf([
        udpPort([POD_1], { protocol: 'tcp' }),
        udpPort([POD_1], { protocol: 'sctp' }),
        udpPort([POD_1], { family: 'IPv6' }),
      ]),
    );
    expect(isStale(flow(VIP, 53, STRANGER))).to.be.false;
  });

  it('are known by IPv6 addresses too', () => {
    const vip = clusterIp('IPv6', 10);
    const flows = new StaleFlows('IPv6');
    const frontends = [{ kind: 'ClusterIP', ip: vip, protocol: 'udp', port: 53 }] as const;
    flows.setPorts(DNS, [udpPort([podIp('IPv6', 1, 1)], { family: 'IPv6', frontends })]);
    const isStale = passOf(flows);
    expect(isStale(flow(vip, 53, podIp('IPv6', 1, 1)))).to.be.false;
    expect(isStale(flow(vip, 53, podIp('IPv6', 1, 2)))).to.be.true;
  });

  describe('of a frontend that is gone', () => {
    it('are those to endpoints that it had', () => {
      const flows = flowsOf([udpPort([POD_1])]);
      flows.setPorts(DNS, [udpPort([POD_2])]);
      flows.setPorts(DNS, []);
      const isStale = passOf(flows);
      expect(isStale(flow(VIP, 53, POD_1))).to.be.true;
      expect(isStale(flow(NODE, 30053, POD_2))).to.be.true;
      expect(isStale(flow(VIP, 53, STRANGER))).to.be.false;
      expect(isStale(untranslated(VIP, 53))).to.be.false;
    });

    it('are forgotten after the pass', () => {
      const flows = flowsOf([udpPort([POD_1])]);
      flows.setPorts(DNS, []);
      passOf(flows);
      expect(passOf(flows)(flow(VIP, 53, POD_1))).to.be.false;
    });

    it('are remembered when the pass fails', () => {
      const flows = flowsOf([udpPort([POD_1])]);
      flows.setPorts(DNS, []);
      flows.programmed();
      flows.passFailed(flows.startPass());
      expect(flows.isDue).to.be.true;
      expect(passOf(flows)(flow(VIP, 53, POD_1))).to.be.true;
    });

    it('follow the new owner when another Service takes it over, in whichever order', () => {
      for (const isGoneFirst of [true, false]) {
        const flows = flowsOf([udpPort([POD_1])]);
        if (isGoneFirst) flows.setPorts(DNS, []);
        flows.setPorts(OTHER, [udpPort([POD_2])]);
        if (!isGoneFirst) flows.setPorts(DNS, []);
        const isStale = passOf(flows);
        expect(isStale(flow(VIP, 53, POD_1))).to.be.true;
        expect(isStale(flow(VIP, 53, POD_2))).to.be.false;
      }
    });
  });

  it('are judged by the endpoints of now, not of when the pass started', () => {
    const flows = flowsOf([udpPort([POD_1])]);
    const isStale = passOf(flows);
    flows.setPorts(DNS, [udpPort([POD_1, POD_2])]);
    expect(isStale(flow(VIP, 53, POD_2))).to.be.false;
  });
});

describe('a pass over the flows', () => {
  const transitions: readonly {
    readonly name: string;
    readonly before: readonly ServicePort[];
    readonly after: readonly ServicePort[];
    readonly due: boolean;
  }[] = [
    {
      name: 'an endpoint went',
      before: [udpPort([POD_1, POD_2])],
      after: [udpPort([POD_1])],
      due: true,
    },
    { name: 'the last endpoint went', before: [udpPort([POD_1])], after: [udpPort([])], due: true },
    { name: 'the first one came', before: [udpPort([])], after: [udpPort([POD_1])], due: true },
    { name: 'the Service went', before: [udpPort([POD_1])], after: [], due: true },
    { name: 'a Service came', before: [], after: [udpPort([POD_1])], due: true },
    {
      name: 'one of the frontends went',
      before: [udpPort([POD_1])],
      after: [udpPort([POD_1], { frontends: FRONTENDS.slice(1) })],
      due: true,
    },
    {
      name: 'one more endpoint came',
      before: [udpPort([POD_1])],
      after: [udpPort([POD_1, POD_2])],
      due: false,
    },
    {
      name: 'a Service without endpoints went',
      before: [udpPort([])],
      after: [],
      due: false,
    },
    {
      name: 'only a policy changed',
      before: [udpPort([POD_1])],
      after: [udpPort([POD_1], { internalPolicy: 'Local' })],
      due: false,
    },
  ];
  for (const { name, before, after, due } of transitions) {
    it(`is ${due ? '' : 'not '}due when ${name}`, () => {
      const flows = flowsOf(before);
      flows.setPorts(OTHER, [udpPort([POD_1], { frontends: [] })]);
      passOf(flows);
      flows.setPorts(DNS, after);
      flows.programmed();
      expect(flows.isDue).to.equal(due);
    });
  }

  it('is due at first, and not before the kernel has the rules', () => {
    const flows = flowsOf([udpPort([])]);
    expect(flows.isDue).to.be.false;
    flows.programmed();
    expect(flows.isDue).to.be.true;
    flows.startPass();
    expect(flows.isDue).to.be.false;
  });

  it('is never due without a UDP Service', () => {
    const flows = flowsOf([makeServicePort()]);
    flows.programmed();
    expect(flows.isDue).to.be.false;
  });

  it('is due when asked for', () => {
    const flows = flowsOf([udpPort([POD_1])]);
    passOf(flows);
    flows.request();
    flows.programmed();
    expect(flows.isDue).to.be.true;
  });

  it('leaves to the next one what the kernel did not have when it started', () => {
    const flows = flowsOf([udpPort([POD_1])]);
    flows.programmed();
    flows.setPorts(DNS, []);
    flows.startPass();
    expect(passOf(flows)(flow(VIP, 53, POD_1))).to.be.true;
  });
});
