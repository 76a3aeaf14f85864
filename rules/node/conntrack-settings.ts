/** What the configuration asks of the kernel's connection tracking (behaviour document, section 7.7). */

/** The configuration's `conntrack`; timeouts in milliseconds. What is 0 is left alone. */
export interface ConntrackLimits {
  readonly maxPerCore: number;
  /** The least maximum, however few cores there are; counts only where `maxPerCore` does. */
  readonly min: number;
  readonly tcpEstablishedTimeout: number;
  readonly tcpCloseWaitTimeout: number;
  readonly tcpBeLiberal: boolean;
  readonly udpTimeout: number;
  readonly udpStreamTimeout: number;
}

/** One number in a file of the kernel's. */
export interface KernelSetting {
  /** What people call it. */
  readonly name: string;
  readonly path: string;
  readonly value: number;
  /** Whether a greater value will do as well. */
  readonly isMinimum: boolean;
}

/** The settings, in the order in which they are to be made. */
export function conntrackSettings(limits: ConntrackLimits, cpuCount: number): KernelSetting[] {
  const max = limits.maxPerCore === 0 ? 0 : Math.max(limits.maxPerCore * cpuCount, limits.min);
  return [
    sysctl('nf_conntrack_max', max),
    // The kernel's own proportion: with more flows to a bucket, finding one takes ever longer.
    { name: 'nf_conntrack hashsize', path: HASH_SIZE, value: Math.floor(max / 4), isMinimum: true },
    sysctl('nf_conntrack_tcp_timeout_established', seconds(limits.tcpEstablishedTimeout)),
    sysctl('nf_conntrack_tcp_timeout_close_wait', seconds(limits.tcpCloseWaitTimeout)),
    sysctl('nf_conntrack_udp_timeout', seconds(limits.udpTimeout)),
    sysctl('nf_conntrack_udp_timeout_stream', seconds(limits.udpStreamTimeout)),
    sysctl('nf_conntrack_tcp_be_liberal', limits.tcpBeLiberal ? 1 : 0),
  ].filter(({ value }) => value > 0);
}

// --- internal ---

const HASH_SIZE = '/sys/module/nf_conntrack/parameters/hashsize';

function sysctl(name: string, value: number): KernelSetting {
  return {
    name: `net.netfilter.${name}`,
    path: `/proc/sys/net/netfilter/${name}`,
    value,
    isMinimum: false,
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
