/**
 * kube-proxy's layout since 1.36: a chain for every service port, with an anonymous map of its
 * endpoints in it (behaviour document, sections 4.6 to 4.8).
 */
import type { Endpoint, ServicePort } from '../../../rules/services/types.ts';
import { POD_CIDR } from '../cluster.ts';
import { serviceChain } from './names.ts';
import {
  commonCommands,
  commonElements,
  ensureChain,
  MARK,
  TABLE,
  type KubeProxyLayout,
} from './table.ts';

/** The layout since 1.36. */
export const CHAIN_PER_SERVICE: KubeProxyLayout = {
  fixedCommands: [
    ...commonCommands({
      masquerading: [`mark and ${MARK} != 0 mark set mark xor ${MARK} masquerade fully-random`],
    }),
    `add set ${TABLE} hairpin-connections ` +
      '{ type ipv4_addr . ipv4_addr . inet_proto . inet_service ; }',
    `add rule ${TABLE} masquerading ct status dnat ` +
      'ip saddr . ip daddr . meta l4proto . th dport @hairpin-connections masquerade fully-random',
    `insert rule ${TABLE} services ` +
      `ip daddr @cluster-ips ip saddr != ${POD_CIDR} mark set mark or ${MARK}`,
  ],
  chainCommands: (port) => ensureChain(serviceChain(port), [balance(port)]),
  elementCommands: (port) => [
    ...commonElements(port, serviceChain(port)),
    ...port.endpoints.all.filter(({ isLocal }) => isLocal).map((local) => hairpin(port, local)),
  ],
};

// --- internal ---

function balance({ protocol, endpoints: { cluster } }: ServicePort): string {
  const slots = cluster.map(({ ip, port }, slot) => `${slot} : ${ip} . ${port}`).join(' , ');
  const slot = `numgen random mod ${cluster.length}`;
  return `meta l4proto ${protocol} dnat ip addr . port to ${slot} map { ${slots} }`;
}

function hairpin({ protocol }: ServicePort, { ip, port }: Endpoint): string {
  return `add element ${TABLE} hairpin-connections { ${ip} . ${ip} . ${protocol} . ${port} }`;
}
