import { expect } from 'chai';
import { IP_FAMILIES, type Cidr } from '../../../rules/ip.ts';
import { localDetectorFor, localDetectorWarnings } from '../../../rules/node/local-detector.ts';
import { CLUSTER_CIDR } from '../../support/addresses.ts';

const NO_POD_CIDRS = { podCIDRs: [] };

describe('localDetectorFor', () => {
  for (const family of IP_FAMILIES) {
    it(`matches the cluster's ${family} network by source in ClusterCIDR mode`, () => {
      const detector = localDetectorFor(
        { mode: 'ClusterCIDR', cidrs: CLUSTER_CIDR },
        NO_POD_CIDRS,
        family,
      );
      expect(detector).to.deep.equal({ kind: 'cidr', cidr: CLUSTER_CIDR[family] });
    });

    it(`cannot tell local ${family} traffic without a cluster network of that family`, () => {
      const otherFamily = family === 'IPv4' ? 'IPv6' : 'IPv4';
      const cidrs = { [otherFamily]: CLUSTER_CIDR[otherFamily] };
      expect(localDetectorFor({ mode: 'ClusterCIDR', cidrs }, NO_POD_CIDRS, family)).to.equal(
        undefined,
      );
    });

    it(`matches the node's first ${family} pod network in NodeCIDR mode`, () => {
      const second = '10.245.0.0/24' as Cidr;
      const node = { podCIDRs: [CLUSTER_CIDR.IPv6, CLUSTER_CIDR.IPv4, second] };
      expect(localDetectorFor({ mode: 'NodeCIDR' }, node, family)).to.deep.equal({
        kind: 'cidr',
        cidr: CLUSTER_CIDR[family],
      });
    });

    it(`cannot tell local ${family} traffic in NodeCIDR mode without a pod network`, () => {
      expect(localDetectorFor({ mode: 'NodeCIDR' }, NO_POD_CIDRS, family)).to.equal(undefined);
    });

    it(`matches the bridge by name for ${family} in BridgeInterface mode`, () => {
      expect(
        localDetectorFor({ mode: 'BridgeInterface', interface: 'cni0' }, NO_POD_CIDRS, family),
      ).to.deep.equal({ kind: 'interface', name: 'cni0' });
    });

    it(`matches interfaces by prefix for ${family} in InterfaceNamePrefix mode`, () => {
      expect(
        localDetectorFor({ mode: 'InterfaceNamePrefix', prefix: 'cali' }, NO_POD_CIDRS, family),
      ).to.deep.equal({ kind: 'interface-prefix', prefix: 'cali' });
    });
  }
});

describe('localDetectorWarnings', () => {
  it('name what is missing where no family can tell pods', () => {
    expect(localDetectorWarnings({ mode: 'ClusterCIDR', cidrs: {} }, NO_POD_CIDRS))
      .to.have.length(1)
      .and.to.have.property('0')
      .that.matches(/^clusterCIDR is not set/);
    expect(localDetectorWarnings({ mode: 'NodeCIDR' }, NO_POD_CIDRS))
      .to.have.length(1)
      .and.to.have.property('0')
      .that.matches(/^this node has no spec\.podCIDRs/);
  });

  it('are none where pods can be told, if only in one family', () => {
    const cidrs = { IPv6: CLUSTER_CIDR.IPv6 };
    const node = { podCIDRs: [CLUSTER_CIDR.IPv4] };
    for (const [detectLocal, facts] of [
      [{ mode: 'ClusterCIDR', cidrs }, NO_POD_CIDRS],
      [{ mode: 'NodeCIDR' }, node],
      [{ mode: 'BridgeInterface', interface: 'cni0' }, NO_POD_CIDRS],
    ] as const) {
      expect(localDetectorWarnings(detectLocal, facts)).to.deep.equal([]);
    }
  });
});
