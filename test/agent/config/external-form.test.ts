import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { externalForm } from '../../../agent/config/external-form.ts';
import { DEFAULTS, FILE_HEADER } from '../../../agent/config/schema.ts';
import { CLUSTER_CIDR } from '../../support/addresses.ts';
import { load } from './support.ts';

/** What a file of this text says, and what its external form says. */
function readTwice(text: string): [object, object] {
  const { file } = load(['--config', 'kube-proxy.yaml'], text).config;
  const again = load(['--config', 'again.json'], JSON.stringify(externalForm(file)));
  return [file, again.config.file];
}

describe('externalForm', () => {
  it('writes what a file has: header, durations as text, lists as the format has them', () => {
    const form = externalForm({
      ...DEFAULTS,
      clusterCIDR: [CLUSTER_CIDR.IPv4, CLUSTER_CIDR.IPv6],
      nodePortAddresses: ['primary'],
    });
    expect(form).to.deep.include({
      ...FILE_HEADER,
      clusterCIDR: `${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`,
      nodePortAddresses: ['primary'],
      configSyncPeriod: '15m0s',
      nftables: {
        masqueradeBit: 14,
        masqueradeAll: false,
        syncPeriod: '30s',
        minSyncPeriod: '1s',
      },
    });
  });

  it('has no duration as a number', () => {
    const text = JSON.stringify(externalForm(DEFAULTS));
    expect(text).to.not.match(/(Period|Timeout|Frequency)":\d/);
    expect(text).to.match(/"udpStreamTimeout":"0s"/);
  });

  const files = [
    { name: 'a file that sets nothing', text: JSON.stringify(FILE_HEADER) },
    {
      name: "kubeadm's file",
      text: readFileSync(join(import.meta.dirname, 'kubeadm.yaml'), 'utf8'),
    },
    {
      name: 'a file with everything unusual',
      text: JSON.stringify({
        ...FILE_HEADER,
        featureGates: { Some: true },
        clusterCIDR: `${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`,
        nodePortAddresses: ['primary', CLUSTER_CIDR.IPv4],
        nftables: { syncPeriod: '1h2m3.5s', minSyncPeriod: '250ms' },
        logging: { flushFrequency: 1500, vmodule: [{ filePattern: 'a*', verbosity: 3 }] },
        healthzBindAddress: '[::1]:1',
        detectLocalMode: 'BridgeInterface',
        detectLocal: { bridgeInterface: 'cni0' },
      }),
    },
  ];
  for (const { name, text } of files) {
    it(`reads back as the same configuration: ${name}`, () => {
      const [first, second] = readTwice(text);
      expect(second).to.deep.equal(first);
    });
  }
});
