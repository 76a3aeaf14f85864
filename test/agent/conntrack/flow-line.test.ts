import { expect } from 'chai';
import { parseFlowLine } from '../../../agent/conntrack/flow-line.ts';
import { clientIp, clusterIp, podIp } from '../../support/addresses.ts';

const PATH = {
  destination: clusterIp('IPv4', 1),
  destinationPort: 53,
  replier: podIp('IPv4', 1, 1),
  replierPort: 5353,
};
const CLIENT = clientIp('IPv4', 1);
const ORIGINAL = `src=${CLIENT} dst=${PATH.destination} sport=4000 dport=53`;
const REPLY = `src=${PATH.replier} dst=${CLIENT} sport=5353 dport=4000`;

describe('a line of conntrack', () => {
  const lines = [
    { name: 'answered', line: `udp      17 29 ${ORIGINAL} ${REPLY} [ASSURED] mark=0 use=1` },
    { name: 'not answered', line: `udp      17 29 ${ORIGINAL} [UNREPLIED] ${REPLY} mark=0 use=1` },
    { name: 'offloaded', line: `udp      17 ${ORIGINAL} ${REPLY} [OFFLOAD] mark=0 use=2` },
    {
      name: 'counted',
      line:
        `udp      17 29 ${ORIGINAL} packets=3 bytes=120 [UNREPLIED] ${REPLY} ` +
        'packets=0 bytes=0 mark=0 use=1',
    },
  ];
  for (const { name, line } of lines) {
    it(`has the path of a flow that is ${name}`, () => {
      expect(parseFlowLine(line)).to.deep.equal(PATH);
    });
  }

  it('has IPv6 addresses without brackets', () => {
    const [client, vip, pod] = [clientIp('IPv6', 1), clusterIp('IPv6', 1), podIp('IPv6', 1, 1)];
    const line =
      `udp      17 29 src=${client} dst=${vip} sport=4000 dport=53 ` +
      `src=${pod} dst=${client} sport=5353 dport=4000 mark=0 use=1`;
    expect(parseFlowLine(line)).to.deep.equal({ ...PATH, destination: vip, replier: pod });
  });

  const others = [
    `tcp      6 431999 ESTABLISHED ${ORIGINAL} ${REPLY} [ASSURED] mark=0 use=1`,
    `udplite  136 29 ${ORIGINAL} ${REPLY} mark=0 use=1`,
    `udp      17 29 ${ORIGINAL} `,
    'conntrack v1.4.7 (conntrack-tools): 3 flow entries have been shown.',
    '',
  ];
  for (const line of others) {
    it(`is left out when it reads "${line.slice(0, 20)}..."`, () => {
      expect(parseFlowLine(line)).to.be.undefined;
    });
  }
});
