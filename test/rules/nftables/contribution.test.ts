import { expect } from 'chai';
import {
  type Contribution,
  contributionOf,
  intervalKey,
} from '../../../rules/nftables/contribution.ts';
import { hostCidr, type Ip, type IpFamily } from '../../../rules/ip.ts';
import type {
  Endpoint,
  Frontend,
  FrontendKind,
  ServicePort,
} from '../../../rules/services/types.ts';
import { CLUSTER_CIDR, clusterIp, externalIp, nodeIp, podIp } from '../../support/addresses.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../services/builders.ts';
import { networkAround, sourceRangesOf } from './support/settings.ts';

const VIP = clusterIp('IPv4', 1);
const LB = externalIp('IPv4', 1);
/** On this node. */
const HERE = makeEndpoint(1, 1);
/** On another one. */
const THERE = makeEndpoint(2, 1);
const [HERE_IP, THERE_IP] = [podIp('IPv4', 1, 1), podIp('IPv4', 2, 1)];

const TO_CLUSTER_IP = frontend('ClusterIP', VIP);
const TO_LOAD_BALANCER = frontend('LoadBalancer', LB);
const TO_NODE_PORT = frontend('NodePort', undefined, 30_080);

const BOTH = makeChosen({ cluster: [HERE, THERE], all: [HERE, THERE], hasAny: true });
const BOTH_AND_LOCAL = makeChosen({ ...BOTH, local: [HERE] });
const ONLY_THERE = makeChosen({ cluster: [THERE], all: [THERE], hasAny: true });

const NO_IPS = { nodeIps: [] };

/** What every port has whose endpoints are BOTH, besides what a case is about. */
const ALWAYS = [`cluster-ips ${VIP}`, `hairpin-connections ${HERE_IP} . ${HERE_IP} . tcp . 8080`];

const CASES: {
  readonly name: string;
  readonly port: Partial<ServicePort>;
  readonly nodeIps?: readonly Ip[];
  readonly elements: readonly string[];
}[] = [
  {
    name: 'balances a ClusterIP over all endpoints',
    port: { endpoints: BOTH },
    elements: [
      ...ALWAYS,
      ...slots('tcp-endpoints', `${VIP} . 80`),
      `service-ips ${VIP} . tcp . 80 : goto tcp-endpoints-2 "default/web:http"`,
      'shared chains tcp-endpoints-2',
    ],
  },
  {
    name: 'balances a ClusterIP with internal Local policy over the endpoints on this node',
    port: { internalPolicy: 'Local', endpoints: makeChosen({ ...BOTH_AND_LOCAL, cluster: [] }) },
    elements: [
      ...ALWAYS,
      `tcp-endpoints ${VIP} . 80 . 65536 : ${HERE_IP} . 8080`,
      `service-ips ${VIP} . tcp . 80 : goto tcp-local-endpoints-1 "default/web:http"`,
      'shared chains tcp-local-endpoints-1',
    ],
  },
  {
    name: 'rejects what comes to a ClusterIP without endpoints',
    port: { endpoints: makeChosen() },
    elements: [
      `cluster-ips ${VIP}`,
      `no-endpoint-services ${VIP} . tcp . 80 : goto reject-chain "default/web:http"`,
    ],
  },
  {
    name: 'drops what comes to a ClusterIP with internal Local policy and endpoints elsewhere only',
    port: { internalPolicy: 'Local', endpoints: makeChosen({ hasAny: true }) },
    elements: [
      `cluster-ips ${VIP}`,
      `no-endpoint-services ${VIP} . tcp . 80 : drop "default/web:http"`,
    ],
  },
  {
    name: 'sends external traffic by Cluster policy past the masquerade mark',
    port: { frontends: [TO_LOAD_BALANCER], endpoints: BOTH },
    elements: [
      ...ALWAYS,
      ...slots('tcp-endpoints', `${LB} . 80`),
      `cluster-policy-ips ${LB} . tcp . 80 : goto tcp-endpoints-2`,
      `service-ips ${LB} . tcp . 80 : goto external-cluster "default/web:http"`,
      'shared chains tcp-endpoints-2',
    ],
  },
  {
    name: 'gives external traffic by Local policy both ways',
    port: { frontends: [TO_LOAD_BALANCER], externalPolicy: 'Local', endpoints: BOTH_AND_LOCAL },
    elements: [
      ...ALWAYS,
      ...slots('tcp-endpoints', `${LB} . 80`),
      `tcp-endpoints ${LB} . 80 . 65536 : ${HERE_IP} . 8080`,
      `cluster-policy-ips ${LB} . tcp . 80 : goto tcp-endpoints-2`,
      `local-policy-ips ${LB} . tcp . 80 : goto tcp-local-endpoints-1`,
      `service-ips ${LB} . tcp . 80 : goto external-local "default/web:http"`,
      'shared chains tcp-endpoints-2',
      'shared chains tcp-local-endpoints-1',
    ],
  },
  {
    name: 'leaves pods the short-circuit where Local policy drops outside traffic',
    port: { frontends: [TO_LOAD_BALANCER], externalPolicy: 'Local', endpoints: ONLY_THERE },
    elements: [
      `cluster-ips ${VIP}`,
      `tcp-endpoints ${LB} . 80 . 0 : ${THERE_IP} . 8080`,
      `cluster-policy-ips ${LB} . tcp . 80 : goto tcp-endpoints-1`,
      `no-endpoint-services ${LB} . tcp . 80 : drop "default/web:http"`,
      `service-ips ${LB} . tcp . 80 : goto external-local "default/web:http"`,
      'shared chains tcp-endpoints-1',
    ],
  },
  {
    name: 'rejects external traffic when there is no endpoint anywhere',
    port: { frontends: [frontend('ExternalIP', LB), TO_NODE_PORT], endpoints: makeChosen() },
    elements: [
      `cluster-ips ${VIP}`,
      'no-endpoint-nodeports tcp . 30080 : goto reject-chain "default/web:http"',
      `no-endpoint-services ${LB} . tcp . 80 : goto reject-chain "default/web:http"`,
    ],
  },
  {
    name: 'keys a node port by its port alone',
    port: { frontends: [TO_NODE_PORT], endpoints: BOTH },
    elements: [
      ...ALWAYS,
      ...slots('tcp-nodeport-endpoints', '30080'),
      'cluster-policy-nodeports tcp . 30080 : goto tcp-nodeport-endpoints-2',
      'service-nodeports tcp . 30080 : goto external-cluster-nodeport "default/web:http"',
      'shared chains tcp-nodeport-endpoints-2',
    ],
  },
  {
    name: 'gives node ports by Local policy both ways',
    port: { frontends: [TO_NODE_PORT], externalPolicy: 'Local', endpoints: BOTH_AND_LOCAL },
    elements: [
      ...ALWAYS,
      ...slots('tcp-nodeport-endpoints', '30080'),
      `tcp-nodeport-endpoints 30080 . 65536 : ${HERE_IP} . 8080`,
      'cluster-policy-nodeports tcp . 30080 : goto tcp-nodeport-endpoints-2',
      'local-policy-nodeports tcp . 30080 : goto tcp-nodeport-local-endpoints-1',
      'service-nodeports tcp . 30080 : goto external-local-nodeport "default/web:http"',
      'shared chains tcp-nodeport-endpoints-2',
      'shared chains tcp-nodeport-local-endpoints-1',
    ],
  },
  {
    name: 'brings a chain for each slot where clients are sticky',
    port: { affinitySeconds: 600, endpoints: ONLY_THERE },
    elements: [
      `cluster-ips ${VIP}`,
      `tcp-endpoints ${VIP} . 80 . 0 : ${THERE_IP} . 8080`,
      `service-ips ${VIP} . tcp . 80 : goto tcp-affinity-endpoints-1-600 "default/web:http"`,
      'shared chains tcp-affinity-endpoints-1-600',
      'shared chains tcp-affinity-slot-0-600',
    ],
  },
  {
    name: 'guards load balancer addresses, and no others, by source ranges',
    port: {
      frontends: [TO_CLUSTER_IP, TO_LOAD_BALANCER, frontend('ExternalIP', externalIp('IPv4', 2))],
      sourceRanges: [CLUSTER_CIDR.IPv4],
      endpoints: makeChosen(),
    },
    elements: [
      `cluster-ips ${VIP}`,
      `firewalled-ips ${LB} . tcp . 80`,
      `no-endpoint-services ${VIP} . tcp . 80 : goto reject-chain "default/web:http"`,
      `no-endpoint-services ${LB} . tcp . 80 : goto reject-chain "default/web:http"`,
      `no-endpoint-services ${externalIp('IPv4', 2)} . tcp . 80 : goto reject-chain "default/web:http"`,
      `source-ranges ${LB} . tcp . 80 . ${CLUSTER_CIDR.IPv4}`,
    ],
  },
  {
    name: 'lets a node use its load balancer addresses from themselves where a range holds the node',
    port: {
      frontends: [TO_LOAD_BALANCER],
      sourceRanges: [networkAround(nodeIp('IPv4', 1), 8)],
      endpoints: makeChosen(),
    },
    nodeIps: [nodeIp('IPv4', 1)],
    elements: [
      `cluster-ips ${VIP}`,
      `firewalled-ips ${LB} . tcp . 80`,
      `no-endpoint-services ${LB} . tcp . 80 : goto reject-chain "default/web:http"`,
      `source-ranges ${LB} . tcp . 80 . ${networkAround(nodeIp('IPv4', 1), 8)}`,
      `source-ranges ${LB} . tcp . 80 . ${LB}`,
    ],
  },
];

describe('contributionOf', () => {
  for (const { name, port, nodeIps = [], elements } of CASES) {
    it(name, () => {
      const contribution = contributionOf(makeServicePort(port), { nodeIps }, NO_SLOTS);
      expect(contribution.elements.map(textOf).sort()).to.deep.equal([...elements].sort());
    });
  }

  it('keeps endpoints in the slots that they had', () => {
    const port = makeServicePort({ endpoints: BOTH_AND_LOCAL });
    const slots = { cluster: [valueOf(THERE), valueOf(HERE)], local: ['', valueOf(HERE)] };
    const contribution = contributionOf(port, NO_IPS, slots);
    expect(contribution.slots).to.deep.equal({ ...slots, local: [valueOf(HERE)] });
    expect(contribution.elements.map(textOf)).to.include(
      `tcp-endpoints ${VIP} . 80 . 0 : ${valueOf(THERE)}`,
    );
  });

  it('gives all frontends of a port the same slots', () => {
    const port = makeServicePort({
      frontends: [TO_CLUSTER_IP, TO_LOAD_BALANCER, TO_NODE_PORT],
      endpoints: BOTH,
    });
    const first = contributionOf(port, NO_IPS, NO_SLOTS).elements.filter(({ key }) =>
      key.endsWith(' . 0'),
    );
    expect(first.map(({ value }) => value)).to.deep.equal(Array(3).fill(valueOf(HERE)));
  });

  it('names the listeners that it leads to, for the guard', () => {
    const port = makeServicePort({ endpoints: BOTH });
    const settings = { ...NO_IPS, listenerGuard: 'translation' } as const;
    expect(listenersIn(contributionOf(port, settings, NO_SLOTS))).to.deep.equal(
      [HERE_IP, THERE_IP].map((ip) => `listeners ${ip} . tcp . 8080 "default/web:http"`),
    );
    expect(listenersIn(contributionOf(port, NO_IPS, NO_SLOTS))).to.be.empty;
  });

  it('leads to no listeners for SCTP', () => {
    const port = makeServicePort({ protocol: 'sctp', endpoints: BOTH });
    const settings = { ...NO_IPS, listenerGuard: 'translation' } as const;
    expect(listenersIn(contributionOf(port, settings, NO_SLOTS))).to.be.empty;
  });

  it('cuts a name that is too long for a comment', () => {
    const displayName = `default/${'long'.repeat(60)}:http`;
    const { elements } = contributionOf(makeServicePort({ displayName }), NO_IPS, NO_SLOTS);
    const comments = elements.map(({ comment }) => comment).filter((comment) => comment !== '');
    expect(comments).to.deep.equal([displayName.slice(0, 128)]);
  });
});

describe('intervalKey', () => {
  const FAMILIES: readonly IpFamily[] = ['IPv4', 'IPv6'];
  for (const family of FAMILIES) {
    it(`writes a network of one address as nft lists it, and others as they are (${family})`, () => {
      expect(intervalKey(hostCidr(podIp(family, 1, 1)))).to.equal(podIp(family, 1, 1));
      for (const cidr of sourceRangesOf(family)) expect(intervalKey(cidr)).to.equal(cidr);
    });
  }
});

// --- internal ---

function listenersIn({ elements }: Contribution): string[] {
  return elements.filter(({ collection }) => collection === 'listeners').map(textOf);
}

const NO_SLOTS = { cluster: [], local: [] };

function frontend(kind: FrontendKind, ip: Ip | undefined, port = 80): Frontend {
  return { kind, ip, protocol: 'tcp', port };
}

/** The elements of BOTH at a frontend. */
function slots(collection: string, key: string): string[] {
  return [HERE, THERE].map((it, slot) => `${collection} ${key} . ${slot} : ${valueOf(it)}`);
}

function valueOf({ ip, port }: Endpoint): string {
  return `${ip} . ${port}`;
}

function textOf(element: {
  collection: string;
  key: string;
  value: string;
  comment: string;
}): string {
  const { collection, key, value, comment } = element;
  return `${collection} ${key}${value === '' ? '' : ` : ${value}`}${comment === '' ? '' : ` "${comment}"`}`;
}
