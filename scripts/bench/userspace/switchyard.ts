/** The userspace proxy in a process of its own: `node switchyard.ts WORK`, where WORK is JSON. */
import { joinHostPort, type Ip } from '../../../rules/ip.ts';
import type { ServicePortKey } from '../../../rules/services/types.ts';
import type { ListenerSpec } from '../../../rules/userspace/listener-spec.ts';
import { createMetrics } from '../../../agent/metrics/metrics.ts';
import { UserspaceMetrics } from '../../../agent/metrics/userspace-metrics.ts';
import { createUserspaceProxy } from '../../../agent/userspace/userspace-proxy.ts';
import type { Work } from './carriers.ts';
import { ENDPOINT_PORT, FIRST_PORT, LOOPBACK, UDP_ENDPOINT_PORT } from './places.ts';

// The only caller is carriers.ts, which knows the type.
const work = JSON.parse(process.argv[2] ?? '') as Work;
const isUdp = 'isUdp' in work;
const ip = LOOPBACK as Ip;
const port = isUdp ? UDP_ENDPOINT_PORT : ENDPOINT_PORT;

const specs = Array.from({ length: isUdp ? 1 : work.tcpListeners }, (_, i): ListenerSpec => ({
  id: `${i}`,
  servicePort: `bench/service-${i}:http/${isUdp ? 'udp' : 'tcp'}` as ServicePortKey,
  family: 'IPv4',
  protocol: isUdp ? 'udp' : 'tcp',
  ips: [ip],
  port: FIRST_PORT + i,
  endpoints: [{ id: joinHostPort(ip, port), ip, port, weight: 1 }],
  loadBalancing: 'round-robin',
  affinitySeconds: undefined,
  sendsProxyHeader: false,
}));

// With all that an agent counts.
const proxy = createUserspaceProxy({ observers: [new UserspaceMetrics(createMetrics())] });
const failures = await proxy.apply(new Map(specs.map((spec) => [spec.id, [spec]])));
for (const { message } of failures) process.stderr.write(`${message}\n`);
