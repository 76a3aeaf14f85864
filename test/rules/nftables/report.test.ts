import { expect } from 'chai';
import type { ElementChange } from '../../../rules/diff/element.ts';
import type { IpFamily } from '../../../rules/ip.ts';
import type { Collection } from '../../../rules/nftables/names.ts';
import { reportChanges, TABLE_SECTION } from '../../../rules/nftables/report.ts';
import type { TableStep, Transaction } from '../../../rules/nftables/transaction.ts';
import { clientIp, clusterIp, externalIp, podIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { makeElement } from '../diff/support.ts';
import { makeServicePort } from '../services/builders.ts';
import { makeSettings, networkAround } from './support/settings.ts';

const VIP = clusterIp('IPv4', 1);
const WEB = `${VIP} . tcp . 80`;
const POD = podIp('IPv4', 1, 1);
const OTHER_POD = podIp('IPv4', 1, 2);
const CLIENTS = networkAround(clientIp('IPv4', 1), 8);

const LINES: readonly {
  readonly collection: Collection;
  readonly key: string;
  readonly before?: string;
  readonly after?: string;
  readonly line: string;
}[] = [
  {
    collection: 'tcp-endpoints',
    key: `${VIP} . 80 . 2`,
    after: `${POD} . 8080`,
    line: `+ endpoint ${POD}:8080 (${VIP}:80/TCP slot 2)`,
  },
  {
    collection: 'tcp-endpoints',
    key: `${VIP} . 80 . 65537`,
    before: `${POD} . 8080`,
    after: `${OTHER_POD} . 8080`,
    line: `~ endpoint ${POD}:8080 => ${OTHER_POD}:8080 (${VIP}:80/TCP local slot 1)`,
  },
  {
    collection: 'udp-nodeport-endpoints',
    key: '30053 . 0',
    before: `${POD} . 5353`,
    line: `- endpoint ${POD}:5353 (node port 30053/UDP slot 0)`,
  },
  {
    collection: 'tcp-endpoints',
    key: `${clusterIp('IPv6', 1)} . 80 . 0`,
    after: `${podIp('IPv6', 1, 1)} . 8080`,
    line: `+ endpoint [${podIp('IPv6', 1, 1)}]:8080 ([${clusterIp('IPv6', 1)}]:80/TCP slot 0)`,
  },
  {
    collection: 'service-ips',
    key: WEB,
    before: 'goto tcp-endpoints-2',
    after: 'goto tcp-endpoints-3',
    line: `~ ${VIP}:80/TCP -> tcp-endpoints-3, was tcp-endpoints-2`,
  },
  {
    collection: 'service-nodeports',
    key: 'tcp . 30080',
    after: 'goto external-cluster-nodeport',
    line: '+ node port 30080/TCP -> external-cluster-nodeport',
  },
  {
    collection: 'cluster-policy-ips',
    key: WEB,
    after: 'goto tcp-endpoints-2',
    line: `+ ${VIP}:80/TCP by Cluster policy -> tcp-endpoints-2`,
  },
  {
    collection: 'cluster-policy-nodeports',
    key: 'tcp . 30080',
    before: 'goto tcp-nodeport-endpoints-2',
    line: '- node port 30080/TCP by Cluster policy -> tcp-nodeport-endpoints-2',
  },
  {
    collection: 'local-policy-ips',
    key: WEB,
    after: 'goto tcp-local-endpoints-1',
    line: `+ ${VIP}:80/TCP by Local policy -> tcp-local-endpoints-1`,
  },
  {
    collection: 'local-policy-nodeports',
    key: 'tcp . 30080',
    after: 'goto tcp-nodeport-local-endpoints-1',
    line: '+ node port 30080/TCP by Local policy -> tcp-nodeport-local-endpoints-1',
  },
  {
    collection: 'no-endpoint-services',
    key: WEB,
    after: 'goto reject-chain',
    line: `+ ${VIP}:80/TCP no endpoints: reject`,
  },
  {
    collection: 'no-endpoint-nodeports',
    key: 'tcp . 30080',
    before: 'drop',
    line: '- node port 30080/TCP no endpoints on this node: drop',
  },
  {
    collection: 'no-endpoint-services',
    key: WEB,
    before: 'goto reject-chain',
    after: 'drop',
    line: `~ ${VIP}:80/TCP no endpoints: reject => no endpoints on this node: drop`,
  },
  {
    collection: 'firewalled-ips',
    key: WEB,
    after: '',
    line: `+ ${VIP}:80/TCP only from its source ranges`,
  },
  {
    collection: 'source-ranges',
    key: `${WEB} . ${CLIENTS}`,
    before: '',
    line: `- source range ${CLIENTS} of ${VIP}:80/TCP`,
  },
  { collection: 'cluster-ips', key: VIP, after: '', line: `+ ClusterIP ${VIP}` },
  {
    collection: 'hairpin-connections',
    key: `${POD} . ${POD} . tcp . 8080`,
    after: '',
    line: `+ hairpin ${POD}:8080/TCP`,
  },
  { collection: 'nodeport-cidrs', key: CLIENTS, after: '', line: `+ node ports at ${CLIENTS}` },
  {
    collection: 'service-cidrs',
    key: SERVICE_CIDR.IPv6,
    before: '',
    line: `- ServiceCIDR ${SERVICE_CIDR.IPv6}`,
  },
];

describe('reportChanges', () => {
  for (const { collection, key, before, after, line } of LINES) {
    it(`says "${line}"`, () => {
      const [section] = reportChanges(
        transactionOf([change(collection, key, before, after)]),
        new Map(),
      );
      expect(section?.lines).to.deep.equal([line]);
    });
  }

  it('sorts changes under the service ports they belong to, the table first', () => {
    const shop = makeServicePort({ displayName: 'default/shop', clusterIP: externalIp('IPv4', 2) });
    const frontends = new Map([
      [WEB, makeServicePort()],
      [`${externalIp('IPv4', 2)} . tcp . 80`, shop],
    ]);
    const changes = [
      change('tcp-endpoints', `${VIP} . 80 . 0`, undefined, `${POD} . 8080`),
      change('cluster-ips', VIP, undefined, ''),
      change('source-ranges', `${externalIp('IPv4', 2)} . tcp . 80 . ${CLIENTS}`, '', undefined),
      change('service-cidrs', SERVICE_CIDR.IPv4, undefined, ''),
    ];
    const sections = reportChanges(transactionOf(changes), frontends);
    expect(sections.map(({ title, lines }) => [title, lines.length])).to.deep.equal([
      [TABLE_SECTION, 1],
      ['default/shop', 1],
      ['default/web:http', 2],
    ]);
  });

  it('names a Service that goes by the comment in the kernel', () => {
    const gone = {
      ...makeElement('service-ips', WEB, 'goto tcp-endpoints-1'),
      comment: 'default/old',
    };
    const changes: ElementChange[] = [
      change('tcp-endpoints', `${VIP} . 80 . 0`, `${POD} . 8080`, undefined),
      { collection: 'service-ips', key: WEB, before: gone, after: undefined },
    ];
    const sections = reportChanges(transactionOf(changes), new Map());
    expect(sections.map(({ title, lines }) => [title, lines.length])).to.deep.equal([
      ['default/old', 2],
    ]);
  });

  it('gives an address that passes on to its new owner', () => {
    const before = {
      ...makeElement('service-ips', WEB, 'goto tcp-endpoints-1'),
      comment: 'default/old',
    };
    const after = { ...before, comment: 'default/web:http' };
    const changes = [{ collection: 'service-ips', key: WEB, before, after }];
    expect(
      reportChanges(transactionOf(changes), new Map([[WEB, makeServicePort()]])),
    ).to.deep.equal([
      { title: 'default/web:http', lines: [`~ ${VIP}:80/TCP -> tcp-endpoints-1 (renamed)`] },
    ]);
  });

  const STEPS: readonly { readonly step: TableStep; readonly lines: readonly string[] }[] = [
    { step: 'create', lines: ['+ table with its maps, base chains and fixed rules'] },
    { step: 'replace', lines: ['~ table of an unknown shape, replaced as a whole'] },
    { step: 'refill', lines: ['~ fixed rules, made from other settings'] },
    { step: 'keep', lines: [] },
  ];
  for (const { step, lines } of STEPS) {
    it(`says what is done to the table itself: ${step}`, () => {
      const found = reportChanges({ ...transactionOf([]), table: step }, new Map());
      expect(found.flatMap((section) => section.lines)).to.deep.equal(lines);
    });
  }

  it('says which chains come and go', () => {
    const transaction = {
      ...transactionOf([]),
      newChains: ['tcp-endpoints-3'],
      garbage: ['tcp-endpoints-2'],
    };
    expect(reportChanges(transaction, new Map())).to.deep.equal([
      { title: TABLE_SECTION, lines: ['+ chain tcp-endpoints-3', '- chain tcp-endpoints-2'] },
    ]);
  });
});

// --- internal ---

function change(
  collection: Collection,
  key: string,
  before: string | undefined,
  after: string | undefined,
): ElementChange {
  const element = (value: string | undefined) =>
    value === undefined ? undefined : makeElement(collection, key, value);
  return { collection, key, before: element(before), after: element(after) };
}

function transactionOf(changes: readonly ElementChange[]): Transaction {
  const family: IpFamily = 'IPv4';
  return {
    family,
    table: 'keep',
    settings: makeSettings(family),
    oldRulesId: undefined,
    newChains: [],
    changes,
    affinity: [],
    garbage: [],
  };
}
