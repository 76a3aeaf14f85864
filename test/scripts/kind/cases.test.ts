import { expect } from 'chai';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import {
  casesFor,
  dialUrl,
  parseDialReport,
  parseIps,
  verdictOn,
  type Case,
  type DialReport,
  type Facts,
} from '../../../scripts/kind/cases.ts';
import { clusterIp, nodeIp } from '../../support/addresses.ts';

const FACTS: Facts = {
  webPods: ['web-1', 'web-2'],
  webIPs: IP_FAMILIES.map((family) => clusterIp(family, 1)),
  nobodyIPs: IP_FAMILIES.map((family) => clusterIp(family, 2)),
  nodeIPs: IP_FAMILIES.flatMap((family) => [1, 2, 3].map((node) => nodeIp(family, node))),
};

const CASES = casesFor(FACTS);

function caseWith(answeredBy: readonly string[]): Case {
  const ip = clusterIp('IPv6', 1);
  return { name: '', from: 'node-client', protocol: 'udp', ip, port: 81, answeredBy };
}

describe('the packet cases', () => {
  it('go from a pod and from a node to every address, each named once', () => {
    for (const from of ['pod-client', 'node-client']) {
      const targets = CASES.filter((each) => each.from === from).map(({ ip }) => ip);
      const addresses = [...FACTS.webIPs, ...FACTS.nobodyIPs, ...FACTS.nodeIPs];
      expect(new Set(targets)).to.deep.equal(new Set(addresses));
    }
    expect(new Set(CASES.map(({ name }) => name)).size).to.equal(CASES.length);
  });

  it('reach the pods by both protocols, at ClusterIPs and at node ports', () => {
    const reached = CASES.filter(({ answeredBy }) => answeredBy.length > 0);
    const kinds = reached.map(({ protocol, port }) => `${protocol} ${port}`);
    expect([...new Set(kinds)]).to.have.members(['http 80', 'udp 81', 'http 30080', 'udp 30081']);
  });

  it('ask the client at its own port', () => {
    expect(dialUrl(caseWith([]), 5)).to.equal(
      `http://localhost:18080/dial?request=hostname&protocol=udp&host=${encodeURIComponent(
        clusterIp('IPv6', 1),
      )}&port=81&tries=5`,
    );
  });
});

describe('a report of connections', () => {
  it('may leave out what is empty', () => {
    expect(parseDialReport('{"responses":["a"]}')).to.deep.equal({ responses: ['a'], errors: [] });
    expect(parseDialReport('{"errors":["b"]}')).to.deep.equal({ responses: [], errors: ['b'] });
  });

  for (const text of ['{}', 'null', 'curl: (7)']) {
    it(`is not ${text}`, () => {
      expect(() => parseDialReport(text)).to.throw();
    });
  }

  const rows: readonly {
    readonly name: string;
    readonly wanted: readonly string[];
    readonly report: Partial<DialReport>;
    readonly verdict: string | undefined;
  }[] = [
    {
      name: 'is good when all pods and only they answered',
      wanted: ['a', 'b'],
      report: { responses: ['b', 'a', 'b'] },
      verdict: undefined,
    },
    {
      name: 'is bad when a pod never answered',
      wanted: ['a', 'b'],
      report: { responses: ['b', 'b'] },
      verdict: 'answered by b; wanted a, b',
    },
    {
      name: 'is bad when somebody else answered',
      wanted: ['a'],
      report: { responses: ['a', 'c'] },
      verdict: 'answered by a, c; wanted a',
    },
    {
      name: 'is bad when one connection failed',
      wanted: ['a'],
      report: { responses: ['a'], errors: ['i/o timeout'] },
      verdict: 'i/o timeout',
    },
    {
      name: 'is good when a refusal was wanted and came',
      wanted: [],
      report: { errors: ['dial tcp: connect: connection refused'] },
      verdict: undefined,
    },
    {
      name: 'is bad when a refusal was wanted and nothing came',
      wanted: [],
      report: { errors: ['i/o timeout'] },
      verdict: 'not refused: i/o timeout',
    },
    {
      name: 'is bad when a refusal was wanted and somebody answered',
      wanted: [],
      report: { responses: ['a'] },
      verdict: 'answered by a',
    },
  ];
  for (const { name, wanted, report, verdict } of rows) {
    it(name, () => {
      const whole = { responses: [], errors: [], ...report };
      expect(verdictOn(caseWith(wanted), whole)).to.equal(verdict);
    });
  }
});

describe('addresses in a list', () => {
  it('are those that are addresses', () => {
    const ip = nodeIp('IPv4', 1);
    expect(parseIps([ip, 'None', ''])).to.deep.equal([ip]);
  });
});
