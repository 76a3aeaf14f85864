import { expect } from 'chai';
import { IP_FAMILIES, type IpFamily } from '../../../rules/ip.ts';
import { RULES_PREFIX, rulesId, SHAPE_PREFIX, shapeId } from '../../../rules/nftables/identity.ts';
import type { RuleSettings } from '../../../rules/settings.ts';
import { nodeIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { makeSettings } from './support/settings.ts';

describe('shapeId', () => {
  for (const family of IP_FAMILIES) {
    it(`fits into a chain's name and stays the same (${family})`, () => {
      expect(SHAPE_PREFIX + shapeId(family)).to.match(/^shape-[0-9a-f]{12}$/);
      expect(shapeId(family)).to.equal(shapeId(family));
    });
  }

  it('is another one for each family', () => {
    expect(shapeId('IPv4')).to.not.equal(shapeId('IPv6'));
  });
});

describe('rulesId', () => {
  const CHANGES: readonly {
    readonly name: string;
    readonly fields: (family: IpFamily) => Partial<RuleSettings>;
    readonly isOther: boolean;
  }[] = [
    { name: 'the masquerade mark', fields: () => ({ masqueradeMark: 0x8000 }), isOther: true },
    { name: 'masqueradeAll', fields: () => ({ masqueradeAll: true }), isOther: true },
    { name: 'no local detector', fields: () => ({ localDetector: undefined }), isOther: true },
    {
      name: 'another local detector',
      fields: () => ({ localDetector: { kind: 'interface', name: 'cni0' } }),
      isOther: true,
    },
    {
      name: 'node ports everywhere',
      fields: () => ({ nodePorts: { matchAll: true } }),
      isOther: true,
    },
    {
      name: 'node ports elsewhere, which is an element',
      fields: (family) => ({ nodePorts: { matchAll: false, cidrs: [SERVICE_CIDR[family]] } }),
      isOther: false,
    },
    { name: 'other ServiceCIDRs', fields: () => ({ serviceCidrs: [] }), isOther: false },
    {
      name: 'other node IPs',
      fields: (family) => ({ nodeIps: [nodeIp(family, 9)] }),
      isOther: false,
    },
  ];
  for (const { name, fields, isOther } of CHANGES) {
    it(`${isOther ? 'changes' : 'stays'} with ${name}`, () => {
      for (const family of IP_FAMILIES) {
        const [before, after] = [makeSettings(family), makeSettings(family, fields(family))];
        expect(rulesId(family, after) !== rulesId(family, before)).to.equal(isOther);
      }
    });
  }

  it('fits into a chain’s name and stays the same', () => {
    const id = rulesId('IPv4', makeSettings('IPv4'));
    expect(RULES_PREFIX + id).to.match(/^rules-[0-9a-f]{12}$/);
    expect(rulesId('IPv4', structuredClone(makeSettings('IPv4')))).to.equal(id);
  });
});
