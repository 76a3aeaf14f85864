/**
 * KubeProxyConfiguration `kubeproxy.config.k8s.io/v1alpha1` with its defaults and rules (behaviour
 * document, section 7.1): the one parser that configuration comes in by. Durations become
 * milliseconds, addresses and networks canonical text.
 */
import { z } from 'zod';
import { familyOf, type Cidr, type Ip } from '../../rules/ip.ts';
import type { DetectLocal } from '../../rules/node/local-detector.ts';
import type { NodePortKeyword } from '../../rules/node/node-port-addresses.ts';
import { IPTABLES_VARIANTS } from '../kernel/iptables-variant.ts';
import { DEFAULT_LIMITS } from '../userspace/limits.ts';
import { formatGoDuration, parseGoDuration } from './go-duration.ts';
import { LOAD_BALANCINGS } from '../../rules/services/load-balancing.ts';
import * as network from './network-values.ts';
import { PROXY_MODES, REDIRECTS } from './proxy-mode.ts';
import { field, group, listOf, nullIs, required, textField } from './schema-parts.ts';
import * as values from './values.ts';
import type { ValueKind } from './values.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const DEFAULT_LISTENER_PORTS = `${DEFAULT_LIMITS.ports.from}-${DEFAULT_LIMITS.ports.to}`;

/** The `apiVersion` and `kind` that a configuration file must have. */
export const FILE_HEADER = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
} as const;

/** A KubeProxyConfiguration in which every field has a value. Its durations are milliseconds. */
export type KubeProxyConfiguration = z.output<typeof fileSchema>;

/** Only what tells a KubeProxyConfiguration from other files; the rest may be anything. */
export const headerSchema = z.object({
  apiVersion: required(values.oneOf([FILE_HEADER.apiVersion])),
  kind: required(values.oneOf([FILE_HEADER.kind])),
});

/** Reads a file. There, zero means "not set" in some fields: Go cannot tell the two apart. */
export const fileSchema = schemaFor({ zeroIsUnset: true });

/** Reads what was made of flags, where a zero is meant. */
export const flagsSchema = schemaFor({ zeroIsUnset: false });

/** What a file that sets nothing says. */
export const DEFAULTS: KubeProxyConfiguration = fileSchema.parse(FILE_HEADER);

// --- internal ---

function schemaFor({ zeroIsUnset }: { readonly zeroIsUnset: boolean }) {
  /** A field in which a file cannot say zero. */
  const nonZero = <T>(kind: ValueKind<T>, fallback: T) =>
    field(kind, fallback, (value) => zeroIsUnset && isZero(value));

  /** Where a server listens; flags, not files, can say that it does not: by an empty text. */
  const serverAddress = (defaultPort: number) =>
    zeroIsUnset
      ? textField<string | undefined>(network.ipAndPort(defaultPort), undefined)
      : field<string | undefined>(network.ipAndPortOrNone(defaultPort), undefined);

  const packetFilter = {
    masqueradeBit: field(values.wholeNumber(0, 31), 14),
    masqueradeAll: field(values.boolean, false),
    syncPeriod: nonZero(values.timerDuration, 30 * SECOND),
    minSyncPeriod: nonZero(values.duration, 1 * SECOND),
  };

  const logStream = group({
    splitStream: field(values.boolean, false),
    infoBufferSize: field(values.byteQuantity, '0'),
  });

  return z
    .strictObject({
      ...headerSchema.shape,
      featureGates: nullIs({}, z.record(z.string(), required(values.boolean)).readonly()),
      clientConnection: group({
        kubeconfig: field(values.text, ''),
        acceptContentTypes: field(values.text, ''),
        contentType: textField(values.text, 'application/vnd.kubernetes.protobuf'),
        qps: nonZero(values.number, 5),
        burst: nonZero(values.wholeNumber(0), 10),
      }),
      logging: group({
        format: textField(values.oneOf(['text', 'json']), 'text'),
        flushFrequency: nonZero(values.durationOrNanoseconds, 5 * SECOND),
        verbosity: field(values.wholeNumber(0), 0),
        vmodule: listOf(
          group({ filePattern: required(values.text), verbosity: field(values.wholeNumber(0), 0) }),
        ),
        options: group({ text: logStream, json: logStream }),
      }),
      hostnameOverride: textField(network.nodeName, ''),
      bindAddress: textField(network.ip, '0.0.0.0' as Ip),
      healthzBindAddress: serverAddress(10256),
      metricsBindAddress: serverAddress(10249),
      bindAddressHardFail: field(values.boolean, false),
      enableProfiling: field(values.boolean, false),
      showHiddenMetricsForVersion: field(values.text, ''),
      mode: textField(values.proxyMode, PROXY_MODES[0]),
      iptables: group({
        ...packetFilter,
        localhostNodePorts: field(values.boolean, true),
        // Ours: kube-proxy leaves it to the wrapper script of its image.
        variant: textField(values.oneOf(['auto', ...IPTABLES_VARIANTS]), 'auto'),
      }).check(checkMinSyncPeriod),
      ipvs: group({
        syncPeriod: nonZero(values.positiveDuration, 30 * SECOND),
        minSyncPeriod: field(values.duration, 0),
        scheduler: field(values.text, ''),
        excludeCIDRs: listOf(required(network.cidr)),
        strictARP: field(values.boolean, false),
        tcpTimeout: field(values.duration, 0),
        tcpFinTimeout: field(values.duration, 0),
        udpTimeout: field(values.duration, 0),
      }),
      nftables: group(packetFilter).check(checkMinSyncPeriod),
      userspace: group({
        ...packetFilter,
        redirect: textField(values.oneOf(REDIRECTS), REDIRECTS[0]),
        portRange: textField(values.listenerPorts, DEFAULT_LISTENER_PORTS),
        loadBalancing: textField(values.oneOf(LOAD_BALANCINGS), LOAD_BALANCINGS[0]),
        drainTimeout: field(values.duration, DEFAULT_LIMITS.drainMs),
        tcpIdleTimeout: nonZero(values.positiveDuration, DEFAULT_LIMITS.tcpIdleMs),
        udpIdleTimeout: nonZero(values.positiveDuration, DEFAULT_LIMITS.udpIdleMs),
      }).check(checkMinSyncPeriod),
      winkernel: group({
        networkName: field(values.text, ''),
        sourceVip: field(values.text, ''),
        enableDSR: field(values.boolean, false),
        rootHnsEndpointName: field(values.text, ''),
        forwardHealthCheckVip: field(values.boolean, false),
      }),
      detectLocalMode: textField(
        values.oneOf(['ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix']),
        'ClusterCIDR',
      ),
      detectLocal: group({
        bridgeInterface: textField(network.interfaceName, ''),
        interfaceNamePrefix: textField(network.interfaceName, ''),
      }),
      clusterCIDR: textField<readonly Cidr[]>(network.cidrPair, []),
      nodePortAddresses: listOf(required<NodePortKeyword | Cidr>(network.nodePortAddress)),
      oomScoreAdj: field(values.wholeNumber(-1000, 1000), -999),
      conntrack: group({
        maxPerCore: field(values.wholeNumber(0), 32768),
        min: field(values.wholeNumber(0), 131072),
        tcpEstablishedTimeout: field(values.duration, 24 * HOUR),
        tcpCloseWaitTimeout: field(values.duration, 1 * HOUR),
        tcpBeLiberal: field(values.boolean, false),
        udpTimeout: field(values.duration, 0),
        udpStreamTimeout: field(values.duration, 0),
      }),
      configSyncPeriod: nonZero(values.positiveDuration, 15 * MINUTE),
      portRange: textField(values.portRange, ''),
      windowsRunAsService: field(values.boolean, false),
    })
    .check(checkDetectLocal)
    .transform((config) => {
      const [anyIp, loopback] =
        familyOf(config.bindAddress) === 'IPv6' ? ['[::]', '[::1]'] : ['0.0.0.0', '127.0.0.1'];
      return {
        ...config,
        healthzBindAddress: config.healthzBindAddress ?? `${anyIp}:10256`,
        metricsBindAddress: config.metricsBindAddress ?? `${loopback}:10249`,
      };
    })
    .readonly();
}

function isZero(value: unknown): boolean {
  return value === 0 || (typeof value === 'string' && parseGoDuration(value) === 0);
}

interface SyncPeriods {
  readonly syncPeriod: number;
  readonly minSyncPeriod: number;
}

function checkMinSyncPeriod({ value, issues }: z.core.ParsePayload<SyncPeriods>): void {
  if (value.minSyncPeriod <= value.syncPeriod) return;
  issues.push({
    code: 'custom',
    path: ['minSyncPeriod'],
    message: `a duration of at most syncPeriod, ${formatGoDuration(value.syncPeriod)}`,
    input: formatGoDuration(value.minSyncPeriod),
  });
}

interface LocalDetection {
  readonly detectLocalMode: DetectLocal['mode'];
  readonly detectLocal: { readonly bridgeInterface: string; readonly interfaceNamePrefix: string };
}

function checkDetectLocal({ value, issues }: z.core.ParsePayload<LocalDetection>): void {
  const key = nameNeededFor(value.detectLocalMode);
  if (key === undefined || value.detectLocal[key] !== '') return;
  issues.push({
    code: 'custom',
    path: ['detectLocal', key],
    message: `${network.interfaceName.expected}, since detectLocalMode is ${value.detectLocalMode}`,
    input: '',
  });
}

function nameNeededFor(mode: DetectLocal['mode']): keyof LocalDetection['detectLocal'] | undefined {
  switch (mode) {
    case 'BridgeInterface':
      return 'bridgeInterface';
    case 'InterfaceNamePrefix':
      return 'interfaceNamePrefix';
    case 'ClusterCIDR':
    case 'NodeCIDR':
      return undefined;
  }
}
