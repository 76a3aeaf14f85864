import { expect } from 'chai';
import type { ServicePortKey } from '../../../rules/services/types.ts';
import type { ListenerSpec } from '../../../rules/userspace/listener-spec.ts';
import {
  describeListener,
  listenerChanges,
  listenerSections,
} from '../../../rules/userspace/report.ts';
import { nodeIp } from '../../support/addresses.ts';
import { makeEndpoint } from '../services/builders.ts';

const NODE = nodeIp('IPv4', 1);
const [FIRST, SECOND] = [makeEndpoint(1, 1), makeEndpoint(2, 1)];

const WEB: ListenerSpec = {
  id: 'web',
  servicePort: 'default/web:http/tcp' as ServicePortKey,
  family: 'IPv4',
  protocol: 'tcp',
  ips: [NODE],
  port: 20_001,
  endpoints: [FIRST],
  loadBalancing: 'round-robin',
  affinitySeconds: undefined,
  sendsProxyHeader: false,
};
const PLACE = `listener ${NODE}:20001/TCP`;

describe('a listener in words', () => {
  it('says where, how and to whom', () => {
    expect(describeListener({ ...WEB, affinitySeconds: 60, sendsProxyHeader: true })).to.equal(
      `${PLACE} (round-robin, affinity 60 s, PROXY protocol v2) -> ${FIRST.id}`,
    );
  });

  const cases: {
    readonly name: string;
    readonly before: readonly ListenerSpec[];
    readonly after: readonly ListenerSpec[];
    readonly lines: readonly string[];
  }[] = [
    { name: 'that is new', before: [], after: [WEB], lines: [`+ ${describeListener(WEB)}`] },
    { name: 'that is gone', before: [WEB], after: [], lines: [`- ${describeListener(WEB)}`] },
    { name: 'that is as before', before: [WEB], after: [{ ...WEB }], lines: [] },
    {
      name: 'with other endpoints',
      before: [WEB],
      after: [{ ...WEB, endpoints: [SECOND] }],
      lines: [`+ endpoint ${SECOND.id} (${PLACE})`, `- endpoint ${FIRST.id} (${PLACE})`],
    },
    {
      name: 'with another weight',
      before: [WEB],
      after: [{ ...WEB, endpoints: [{ ...FIRST, weight: 5 }] }],
      lines: [`~ endpoint ${FIRST.id} weight 5 (${PLACE})`],
    },
    {
      name: 'that balances in another way',
      before: [WEB],
      after: [{ ...WEB, loadBalancing: 'random' }],
      lines: [`~ ${PLACE} (random), was ${PLACE} (round-robin)`],
    },
  ];
  for (const { name, before, after, lines } of cases) {
    it(`tells of one ${name}`, () => {
      const changes = listenerChanges(before, after);
      expect(changes.flatMap((change) => change.lines)).to.deep.equal(lines);
    });
  }

  it("stands under its service port's name", () => {
    const sections = listenerSections(listenerChanges([], [WEB, { ...WEB, id: 'other' }]));
    expect(sections.map(({ title }) => title)).to.deep.equal(['default/web:http']);
    expect(sections[0]?.lines).to.have.lengthOf(2);
  });
});
