import { expect } from 'chai';
import { conntrackSettings, type ConntrackLimits } from '../../../rules/node/conntrack-settings.ts';

const NOTHING: ConntrackLimits = {
  maxPerCore: 0,
  min: 131_072,
  tcpEstablishedTimeout: 0,
  tcpCloseWaitTimeout: 0,
  tcpBeLiberal: false,
  udpTimeout: 0,
  udpStreamTimeout: 0,
};

/** `nf_conntrack_max=131072`, or `>=` where a greater value will do. */
function settingsFor(limits: Partial<ConntrackLimits>, cpuCount = 2): string[] {
  const settings = conntrackSettings({ ...NOTHING, ...limits }, cpuCount);
  return settings.map(({ name, value, isMinimum }) => `${name}${isMinimum ? '>=' : '='}${value}`);
}

describe('conntrackSettings', () => {
  const cases = [
    { name: 'leaves alone what is 0', limits: {}, settings: [] },
    {
      name: 'wants the least maximum on a small machine',
      limits: { maxPerCore: 32_768 },
      settings: ['net.netfilter.nf_conntrack_max=131072', 'nf_conntrack hashsize>=32768'],
    },
    {
      name: 'wants more on a large one',
      limits: { maxPerCore: 32_768 },
      cpuCount: 64,
      settings: ['net.netfilter.nf_conntrack_max=2097152', 'nf_conntrack hashsize>=524288'],
    },
    {
      name: 'wants timeouts in whole seconds',
      limits: {
        tcpEstablishedTimeout: 86_400_000,
        tcpCloseWaitTimeout: 3_600_999,
        udpTimeout: 999,
        udpStreamTimeout: 1_000,
      },
      settings: [
        'net.netfilter.nf_conntrack_tcp_timeout_established=86400',
        'net.netfilter.nf_conntrack_tcp_timeout_close_wait=3600',
        'net.netfilter.nf_conntrack_udp_timeout_stream=1',
      ],
    },
    {
      name: 'wants liberal TCP tracking, never strict',
      limits: { tcpBeLiberal: true },
      settings: ['net.netfilter.nf_conntrack_tcp_be_liberal=1'],
    },
  ];
  for (const { name, limits, cpuCount, settings } of cases) {
    it(name, () => {
      expect(settingsFor(limits, cpuCount)).to.deep.equal(settings);
    });
  }
});
