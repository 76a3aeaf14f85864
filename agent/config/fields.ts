/**
 * Every field of the configuration file and what the agent does with it.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Path } from './document.ts';
import { stepsOf, valueAt } from './paths.ts';
import { FILE_HEADER, fileSchema, type KubeProxyConfiguration } from './schema.ts';
import { NOT_USED, USED, USED_LIVE, useWarning, type Use } from './use.ts';

/** Every field by its path in the file. */
export const FIELDS: Readonly<Record<string, Use>> = {
  apiVersion: USED,
  kind: USED,
  featureGates: NOT_USED.noGates,
  'clientConnection.kubeconfig': USED,
  'clientConnection.acceptContentTypes': NOT_USED.jsonOnly,
  'clientConnection.contentType': NOT_USED.jsonOnly,
  'clientConnection.qps': NOT_USED.noRateLimit,
  'clientConnection.burst': NOT_USED.noRateLimit,
  'logging.format': USED,
  'logging.flushFrequency': NOT_USED.unbuffered,
  'logging.verbosity': USED_LIVE,
  'logging.vmodule': NOT_USED.noVmodule,
  'logging.options.text.splitStream': NOT_USED.unbuffered,
  'logging.options.text.infoBufferSize': NOT_USED.unbuffered,
  'logging.options.json.splitStream': NOT_USED.unbuffered,
  'logging.options.json.infoBufferSize': NOT_USED.unbuffered,
  hostnameOverride: USED,
  bindAddress: USED,
  healthzBindAddress: USED,
  metricsBindAddress: USED,
  bindAddressHardFail: USED,
  enableProfiling: NOT_USED.noProfiler,
  showHiddenMetricsForVersion: NOT_USED.noHiddenMetrics,
  mode: USED,
  'iptables.masqueradeBit': USED_LIVE,
  'iptables.masqueradeAll': USED_LIVE,
  'iptables.localhostNodePorts': USED,
  'iptables.variant': USED,
  'iptables.syncPeriod': USED,
  'iptables.minSyncPeriod': USED,
  'ipvs.syncPeriod': NOT_USED.noIpvs,
  'ipvs.minSyncPeriod': NOT_USED.noIpvs,
  'ipvs.scheduler': NOT_USED.noIpvs,
  'ipvs.excludeCIDRs': NOT_USED.noIpvs,
  'ipvs.strictARP': NOT_USED.noIpvs,
  'ipvs.tcpTimeout': NOT_USED.noIpvs,
  'ipvs.tcpFinTimeout': NOT_USED.noIpvs,
  'ipvs.udpTimeout': NOT_USED.noIpvs,
  'nftables.masqueradeBit': USED_LIVE,
  'nftables.masqueradeAll': USED_LIVE,
  'nftables.syncPeriod': USED,
  'nftables.minSyncPeriod': USED,
  'userspace.masqueradeBit': USED_LIVE,
  'userspace.masqueradeAll': USED_LIVE,
  'userspace.syncPeriod': USED,
  'userspace.minSyncPeriod': USED,
  'userspace.redirect': USED,
  'userspace.portRange': USED,
  'userspace.loadBalancing': USED,
  'userspace.drainTimeout': USED,
  'userspace.tcpIdleTimeout': USED,
  'userspace.udpIdleTimeout': USED,
  'winkernel.networkName': NOT_USED.noWindows,
  'winkernel.sourceVip': NOT_USED.noWindows,
  'winkernel.enableDSR': NOT_USED.noWindows,
  'winkernel.rootHnsEndpointName': NOT_USED.noWindows,
  'winkernel.forwardHealthCheckVip': NOT_USED.noWindows,
  detectLocalMode: USED,
  'detectLocal.bridgeInterface': USED_LIVE,
  'detectLocal.interfaceNamePrefix': USED_LIVE,
  clusterCIDR: USED_LIVE,
  nodePortAddresses: USED_LIVE,
  oomScoreAdj: USED_LIVE,
  'conntrack.maxPerCore': USED_LIVE,
  'conntrack.min': USED_LIVE,
  'conntrack.tcpEstablishedTimeout': USED_LIVE,
  'conntrack.tcpCloseWaitTimeout': USED_LIVE,
  'conntrack.tcpBeLiberal': USED_LIVE,
  'conntrack.udpTimeout': USED_LIVE,
  'conntrack.udpStreamTimeout': USED_LIVE,
  configSyncPeriod: NOT_USED.noResync,
  portRange: NOT_USED.noPortRange,
  windowsRunAsService: NOT_USED.noWindows,
};

/** A warning for each field that a file sets to something but its default, without effect. */
export function fieldWarnings(
  file: KubeProxyConfiguration,
  placeOf: (path: Path) => string,
): string[] {
  // The defaults of the servers' addresses depend on the bind address.
  const defaults = fileSchema.parse({ ...FILE_HEADER, bindAddress: file.bindAddress });
  return Object.entries(FIELDS).flatMap(([dotted, use]) => {
    const path = stepsOf(dotted);
    if (isDeepStrictEqual(valueAt(file, path), valueAt(defaults, path))) return [];
    return useWarning(placeOf(path), use) ?? [];
  });
}
