import { expect } from 'chai';
import { parseServiceCidr } from '../../../../rules/services/parse/service-cidr.ts';
import { SERVICE_CIDR } from '../../../support/addresses.ts';
import { problemsOf, valueOf } from '../builders.ts';

describe('parseServiceCidr', () => {
  it('reads the CIDRs of both families', () => {
    const cidrs = [SERVICE_CIDR.IPv4, SERVICE_CIDR.IPv6];
    expect(valueOf(parseServiceCidr(rawServiceCidr(cidrs)))).to.deep.equal({
      name: 'kubernetes',
      cidrs,
    });
  });

  it('leaves out what is no CIDR or would cover every address', () => {
    const outcome = parseServiceCidr(rawServiceCidr(['0.0.0.0/0', 5, SERVICE_CIDR.IPv6]));
    expect(outcome.kind === 'ok' && outcome.value.cidrs).to.deep.equal([SERVICE_CIDR.IPv6]);
    expect(problemsOf(outcome)).to.deep.equal([
      'spec.cidrs[0]: expected a network smaller than the whole address family, got "0.0.0.0/0"',
      'spec.cidrs[1]: expected a CIDR such as 10.0.0.0/8 or fd00::/64, got 5',
    ]);
  });

  const refused: { name: string; raw: object; problem: string }[] = [
    {
      name: 'without a name',
      raw: { spec: { cidrs: [SERVICE_CIDR.IPv4] } },
      problem:
        'metadata.name: expected a DNS name (labels of a-z, 0-9 and inner "-" joined by ".", at most 253 characters), got nothing',
    },
    {
      name: 'without CIDRs',
      raw: rawServiceCidr([]),
      problem: 'spec.cidrs: expected at least one CIDR, got an empty list',
    },
    {
      name: 'when no CIDR is possible',
      raw: rawServiceCidr(['x']),
      problem: 'spec.cidrs[0]: expected a CIDR such as 10.0.0.0/8 or fd00::/64, got "x"',
    },
  ];
  for (const { name, raw, problem } of refused) {
    it(`is refused ${name}`, () => {
      const outcome = parseServiceCidr(raw);
      expect(outcome.kind).to.equal('refused');
      expect(problemsOf(outcome)).to.deep.equal([problem]);
    });
  }
});

function rawServiceCidr(cidrs: unknown[]): object {
  return { metadata: { name: 'kubernetes' }, spec: { cidrs } };
}
