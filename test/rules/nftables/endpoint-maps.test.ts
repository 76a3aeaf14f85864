import { expect } from 'chai';
import {
  ENDPOINT_MAPS,
  endpointKey,
  endpointMapName,
  frontendSlotOf,
} from '../../../rules/nftables/endpoint-maps.ts';
import { COLLECTIONS } from '../../../rules/nftables/names.ts';
import { clusterIp } from '../../support/addresses.ts';

describe('maps of endpoints', () => {
  it('are the collections that end in "endpoints", each once', () => {
    const named = COLLECTIONS.filter((name) => name.endsWith('-endpoints'));
    expect(ENDPOINT_MAPS.map(endpointMapName)).to.have.members(named);
  });

  for (const map of ENDPOINT_MAPS) {
    it(`say which slot of which frontend a key is about: ${endpointMapName(map)}`, () => {
      const ip = map.isNodePort ? undefined : clusterIp('IPv6', 1);
      const frontend = [...(ip === undefined ? [] : [ip]), map.protocol, '80'].join(' . ');
      const key = endpointKey(ip, 80, 65_537);
      expect(frontendSlotOf(endpointMapName(map), key)).to.deep.equal({
        ...map,
        frontend,
        slot: 65_537,
      });
    });
  }

  it('are not other maps', () => {
    expect(frontendSlotOf('service-ips', `${clusterIp('IPv4', 1)} . tcp . 80`)).to.equal(undefined);
  });
});
