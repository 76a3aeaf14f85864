/** Ports: names, protocols that share a number, and SCTP. */
import { kept } from '../row.ts';
import { makeService, OTHER_ENDPOINT_PORT } from '../service.ts';
import { clusterIpOf } from '../target.ts';
import type { Topic } from '../topic.ts';

const split = makeService({
  number: 10,
  name: 'split',
  endpoints: [],
  ports: [
    { name: 'tcp', protocol: 'TCP', endpoints: ['pod-1-1'] },
    { name: 'udp', protocol: 'UDP', endpoints: ['pod-1-2'] },
  ],
});

const named = makeService({
  number: 11,
  name: 'named',
  endpoints: ['pod-1-1'],
  ports: [
    { name: 'http', protocol: 'TCP', port: 80 },
    { name: 'admin', protocol: 'TCP', port: 81, targetPort: OTHER_ENDPOINT_PORT },
  ],
});

const unnamed = makeService({
  number: 12,
  name: 'unnamed',
  endpoints: ['pod-1-1'],
  ports: [{ protocol: 'UDP', targetPort: OTHER_ENDPOINT_PORT }],
});

/** Its SCTP frontends are looked for in the kernel: no host of a world can send SCTP. */
export const WITH_SCTP = makeService({
  number: 13,
  name: 'with-sctp',
  type: 'LoadBalancer',
  endpoints: ['pod-1-1', 'pod-2-1'],
  ports: [
    { name: 'tcp', protocol: 'TCP' },
    { name: 'sctp', protocol: 'SCTP' },
  ],
});

/** Which port of a Service leads where. */
export const PORTS: Topic = {
  name: 'ports',
  services: [split, named, unnamed, WITH_SCTP],
  rows: [
    {
      name: 'a port number leads to the endpoints of its TCP port over TCP',
      from: 'pod-1-3',
      to: clusterIpOf(split),
      expected: kept('pod-1-1'),
      protocols: ['tcp'],
    },
    {
      name: 'the same port number leads to the endpoints of its UDP port over UDP',
      from: 'pod-1-3',
      to: clusterIpOf(split),
      expected: kept('pod-1-2'),
      protocols: ['udp'],
    },
    {
      name: "a named port leads to the slice's port of that name",
      from: 'pod-1-3',
      to: clusterIpOf(named, 80),
      expected: kept('pod-1-1'),
      protocols: ['tcp'],
    },
    {
      name: "another named port leads to the slice's other port",
      from: 'pod-1-3',
      to: clusterIpOf(named, 81),
      expected: kept(`pod-1-1:${OTHER_ENDPOINT_PORT}`),
      protocols: ['tcp'],
    },
    {
      name: "an unnamed port leads to the slice's unnamed port",
      from: 'pod-1-3',
      to: clusterIpOf(unnamed),
      expected: kept(`pod-1-1:${OTHER_ENDPOINT_PORT}`),
      protocols: ['udp'],
    },
    {
      name: 'a port is refused over a protocol that it does not have',
      from: 'pod-1-3',
      to: clusterIpOf(unnamed),
      expected: 'reject',
      protocols: ['tcp'],
      unless: 'unused ports pass',
    },
  ],
};
