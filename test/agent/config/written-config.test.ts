import { expect } from 'chai';
import { parse } from 'yaml';
import { writtenConfig } from '../../../agent/config/written-config.ts';
import { CLUSTER_CIDR } from '../../support/addresses.ts';
import { load } from './support.ts';

describe('writtenConfig', () => {
  it("has what the flags say and the mode's defaults, and reads back as the same", () => {
    const { config } = load([`--cluster-cidr=${CLUSTER_CIDR.IPv4}`, '-v=2']);
    const { text, losses } = writtenConfig(config);
    expect(parse(text)).to.deep.include({
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'nftables',
      detectLocalMode: 'ClusterCIDR',
      clusterCIDR: CLUSTER_CIDR.IPv4,
      nodePortAddresses: ['primary'],
    });
    expect(losses).to.deep.equal([]);
    const again = load(['--config', 'written.yaml'], text);
    expect(again.warnings).to.deep.equal([]);
    expect({ ...again.config, file: undefined }).to.deep.equal({ ...config, file: undefined });
  });

  it('keeps the addresses of node ports that were given', () => {
    const { config } = load([`--nodeport-addresses=${CLUSTER_CIDR.IPv6},localhost`]);
    const { nodePortAddresses } = parse(writtenConfig(config).text) as Record<string, unknown>;
    expect(nodePortAddresses).to.deep.equal([CLUSTER_CIDR.IPv6, 'localhost']);
  });

  it('says what a file cannot say', () => {
    const { config } = load(['--healthz-port=0', '--iptables-min-sync-period=0s']);
    expect(writtenConfig(config).losses.map((loss) => loss.split(':')[0])).to.deep.equal([
      'healthzBindAddress',
      'iptables.minSyncPeriod',
      'nftables.minSyncPeriod',
      'userspace.minSyncPeriod',
    ]);
  });
});
