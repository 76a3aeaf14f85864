/**
 * Every flag as data: kube-proxy's (behaviour document, section 7.2), so that the command line of a
 * DaemonSet carries over, and some of our own, for what kube-proxy has no flags for.
 */
import { NOT_USED, type Use } from './use.ts';

/**
 * How the text of a flag becomes a value of the configuration file. A list is comma separated; `off`
 * empties its field when the text is `0`, and does nothing otherwise.
 */
export type FlagKind = 'text' | 'list' | 'integer' | 'boolean' | 'off';

/** A flag that sets fields of the configuration. */
export interface SettingFlag {
  /** As commander wants it: the names, then `<value>`, or `[value]` where one may be left out. */
  readonly syntax: string;
  readonly kind: FlagKind;
  /** The fields, by their paths in the file. */
  readonly fields: readonly [string, ...string[]];
  /** Whether it wins over a configuration file; the others are ignored beside one. */
  readonly winsOverFile: boolean;
  readonly help: string;
}

/** Where the API server is. No field says that: it wins over the kubeconfig file, with --config too. */
export const MASTER_FLAG = {
  syntax: '--master <address>',
  help: "the API server's address, in place of the one in the kubeconfig file",
};

/** The flags that set fields, in the order of the help. */
export const SETTING_FLAGS: readonly SettingFlag[] = [
  {
    syntax: '--kubeconfig <file>',
    kind: 'text',
    fields: ['clientConnection.kubeconfig'],
    winsOverFile: false,
    help: 'how to reach the API server (default: as a pod, by its service account)',
  },
  {
    syntax: '--proxy-mode <mode>',
    kind: 'text',
    fields: ['mode'],
    winsOverFile: false,
    help: 'how Services are served: nftables, iptables or userspace (default nftables)',
  },
  {
    syntax: '--hostname-override <name>',
    kind: 'text',
    fields: ['hostnameOverride'],
    winsOverFile: true,
    help: "this node's name (default the host name)",
  },
  {
    syntax: '--bind-address <ip>',
    kind: 'text',
    fields: ['bindAddress'],
    winsOverFile: false,
    help: "this node's primary IP; nothing is bound to it (default 0.0.0.0, the Node object's)",
  },
  {
    syntax: '--cluster-cidr <cidrs>',
    kind: 'text',
    fields: ['clusterCIDR'],
    winsOverFile: false,
    help: "the pods' network, or one a family separated by a comma",
  },
  {
    syntax: '--detect-local-mode <mode>',
    kind: 'text',
    fields: ['detectLocalMode'],
    winsOverFile: false,
    help:
      'how traffic from pods is told: ClusterCIDR, NodeCIDR, BridgeInterface or ' +
      'InterfaceNamePrefix (default ClusterCIDR)',
  },
  {
    syntax: '--pod-bridge-interface <name>',
    kind: 'text',
    fields: ['detectLocal.bridgeInterface'],
    winsOverFile: false,
    help: "the pods' bridge, for BridgeInterface",
  },
  {
    syntax: '--pod-interface-name-prefix <prefix>',
    kind: 'text',
    fields: ['detectLocal.interfaceNamePrefix'],
    winsOverFile: false,
    help: "how the pods' interface names begin, for InterfaceNamePrefix",
  },
  {
    syntax: '--nodeport-addresses <addresses>',
    kind: 'list',
    fields: ['nodePortAddresses'],
    winsOverFile: false,
    help:
      'where node ports are reachable: CIDRs, primary, localhost or all, separated by commas ' +
      '(default primary in nftables mode, all in iptables mode)',
  },
  {
    syntax: '--masquerade-all [boolean]',
    kind: 'boolean',
    fields: ['nftables.masqueradeAll', 'iptables.masqueradeAll', 'userspace.masqueradeAll'],
    winsOverFile: false,
    help: 'masquerade all traffic to ClusterIPs (default false)',
  },
  {
    syntax: '--nftables-masquerade-bit <bit>',
    kind: 'integer',
    fields: ['nftables.masqueradeBit'],
    winsOverFile: false,
    help: 'the bit of the packet mark that asks for masquerading, 0 to 31 (default 14)',
  },
  {
    syntax: '--iptables-masquerade-bit <bit>',
    kind: 'integer',
    fields: ['iptables.masqueradeBit'],
    winsOverFile: false,
    help: 'the same in iptables mode (default 14)',
  },
  {
    syntax: '--iptables-localhost-nodeports [boolean]',
    kind: 'boolean',
    fields: ['iptables.localhostNodePorts'],
    winsOverFile: false,
    help: 'in iptables mode: serve node ports at 127.0.0.1 too (default true)',
  },
  {
    syntax: '--iptables-variant <variant>',
    kind: 'text',
    fields: ['iptables.variant'],
    winsOverFile: false,
    help: 'in iptables mode: nft or legacy, or auto for that which kubelet uses (default auto)',
  },
  {
    syntax: '--userspace-redirect <way>',
    kind: 'text',
    fields: ['userspace.redirect'],
    winsOverFile: false,
    help: 'how packets reach the userspace proxy: auto, nftables, iptables or none (default auto)',
  },
  {
    syntax: '--userspace-port-range <range>',
    kind: 'text',
    fields: ['userspace.portRange'],
    winsOverFile: false,
    help: 'where the userspace proxy listens, if it is redirected to (default 20000-29999)',
  },
  {
    syntax: '--userspace-load-balancing <name>',
    kind: 'text',
    fields: ['userspace.loadBalancing'],
    winsOverFile: false,
    help: 'the userspace balancer of Services that name none (default round-robin)',
  },
  {
    syntax: '--iptables-sync-period <duration>',
    kind: 'text',
    fields: ['nftables.syncPeriod', 'iptables.syncPeriod', 'userspace.syncPeriod'],
    winsOverFile: false,
    help: 'in any mode: how long to wait before a failed sync is tried again (default 30s)',
  },
  {
    syntax: '--iptables-min-sync-period <duration>',
    kind: 'text',
    fields: ['nftables.minSyncPeriod', 'iptables.minSyncPeriod', 'userspace.minSyncPeriod'],
    winsOverFile: false,
    help: 'in any mode: the shortest time between two syncs (default 1s)',
  },
  {
    syntax: '--healthz-bind-address <address>',
    kind: 'text',
    fields: ['healthzBindAddress'],
    winsOverFile: false,
    help: 'where health checks are answered (default 0.0.0.0:10256)',
  },
  {
    syntax: '--metrics-bind-address <address>',
    kind: 'text',
    fields: ['metricsBindAddress'],
    winsOverFile: false,
    help: 'where metrics are served (default 127.0.0.1:10249)',
  },
  // After the addresses: 0 disables whatever they say, as in kube-proxy.
  {
    syntax: '--healthz-port <port>',
    kind: 'off',
    fields: ['healthzBindAddress'],
    winsOverFile: false,
    help: '0 disables health checks; deprecated, the port belongs to --healthz-bind-address',
  },
  {
    syntax: '--metrics-port <port>',
    kind: 'off',
    fields: ['metricsBindAddress'],
    winsOverFile: false,
    help: '0 disables metrics; deprecated, the port belongs to --metrics-bind-address',
  },
  {
    syntax: '--bind-address-hard-fail [boolean]',
    kind: 'boolean',
    fields: ['bindAddressHardFail'],
    winsOverFile: false,
    help: 'end when an address cannot be listened at, instead of trying again (default false)',
  },
  {
    syntax: '--oom-score-adj <score>',
    kind: 'integer',
    fields: ['oomScoreAdj'],
    winsOverFile: false,
    help: 'how likely the kernel ends the agent when memory is short, -1000 to 1000 (default -999)',
  },
  {
    syntax: '--conntrack-max-per-core <number>',
    kind: 'integer',
    fields: ['conntrack.maxPerCore'],
    winsOverFile: false,
    help: 'how many connections are tracked, for each processor; 0 leaves that alone (default 32768)',
  },
  {
    syntax: '--conntrack-min <number>',
    kind: 'integer',
    fields: ['conntrack.min'],
    winsOverFile: false,
    help: 'how many at least (default 131072)',
  },
  {
    syntax: '--conntrack-tcp-timeout-established <duration>',
    kind: 'text',
    fields: ['conntrack.tcpEstablishedTimeout'],
    winsOverFile: false,
    help: 'how long an idle TCP connection is tracked; 0s leaves that alone (default 24h0m0s)',
  },
  {
    syntax: '--conntrack-tcp-timeout-close-wait <duration>',
    kind: 'text',
    fields: ['conntrack.tcpCloseWaitTimeout'],
    winsOverFile: false,
    help: 'the same for one that waits to be closed (default 1h0m0s)',
  },
  {
    syntax: '--conntrack-tcp-be-liberal [boolean]',
    kind: 'boolean',
    fields: ['conntrack.tcpBeLiberal'],
    winsOverFile: false,
    help: 'track TCP packets outside of the window too (default false)',
  },
  {
    syntax: '--conntrack-udp-timeout <duration>',
    kind: 'text',
    fields: ['conntrack.udpTimeout'],
    winsOverFile: false,
    help: 'how long a UDP flow is tracked; 0s leaves that alone (default 0s)',
  },
  {
    syntax: '--conntrack-udp-timeout-stream <duration>',
    kind: 'text',
    fields: ['conntrack.udpStreamTimeout'],
    winsOverFile: false,
    help: 'the same for one with packets both ways (default 0s)',
  },
  {
    syntax: '-v, --v <level>',
    kind: 'integer',
    fields: ['logging.verbosity'],
    winsOverFile: true,
    help: 'how much is logged: from 2 on every element and rule that changes (default 0)',
  },
  {
    syntax: '--logging-format <format>',
    kind: 'text',
    fields: ['logging.format'],
    winsOverFile: true,
    help: 'how log lines look: text or json (default text)',
  },
];

/** Flags that are accepted without effect, with a warning. */
export const IGNORED_FLAGS: readonly { readonly syntax: string; readonly reason: Use }[] = [
  ...without(NOT_USED.noRateLimit, ['--kube-api-qps <number>', '--kube-api-burst <number>']),
  ...without(NOT_USED.jsonOnly, ['--kube-api-content-type <type>']),
  ...without(NOT_USED.noGates, ['--feature-gates <gates>']),
  ...without(NOT_USED.noProfiler, ['--profiling [boolean]']),
  ...without(NOT_USED.noHiddenMetrics, ['--show-hidden-metrics-for-version <version>']),
  ...without(NOT_USED.noIpvs, [
    '--ipvs-sync-period <duration>',
    '--ipvs-min-sync-period <duration>',
    '--ipvs-scheduler <name>',
    '--ipvs-exclude-cidrs <cidrs>',
    '--ipvs-strict-arp [boolean]',
    '--ipvs-tcp-timeout <duration>',
    '--ipvs-tcpfin-timeout <duration>',
    '--ipvs-udp-timeout <duration>',
  ]),
  ...without(NOT_USED.noResync, ['--config-sync-period <duration>']),
  ...without(NOT_USED.noPortRange, ['--proxy-port-range <range>']),
  ...without(NOT_USED.noVmodule, ['--vmodule <patterns>', '--log_backtrace_at <place>']),
  ...without(NOT_USED.unbuffered, [
    '--log-flush-frequency <duration>',
    '--log-text-split-stream [boolean]',
    '--log-text-info-buffer-size <size>',
    '--log-json-split-stream [boolean]',
    '--log-json-info-buffer-size <size>',
  ]),
  ...without(NOT_USED.noKlog, [
    '--logtostderr [boolean]',
    '--alsologtostderr [boolean]',
    '--stderrthreshold <level>',
    '--log_dir <folder>',
    '--log_file <file>',
    '--log_file_max_size <megabytes>',
    '--one_output [boolean]',
    '--add_dir_header [boolean]',
    '--skip_headers [boolean]',
    '--skip_log_headers [boolean]',
  ]),
];

/** Flags with which `run` does one thing and exits, as kube-proxy does; the other commands have none. */
export const ONE_SHOT_FLAGS = {
  writeConfigTo: {
    syntax: '--write-config-to <file>',
    help: 'write the effective configuration as a KubeProxyConfiguration file and exit',
  },
  cleanup: {
    syntax: '--cleanup [boolean]',
    help: 'remove everything of ours from the kernel and exit; what is not installed is passed over',
  },
  initOnly: {
    syntax: '--init-only [boolean]',
    help: 'make the kernel settings that the configuration asks for and exit',
  },
};

// --- internal ---

function without(reason: Use, syntaxes: readonly string[]) {
  return syntaxes.map((syntax) => ({ syntax, reason }));
}
