/**
 * kube-proxy's layout up to 1.35: a chain for every service port and one for each of its endpoints
 * (behaviour document, section 4.8).
 */
import type { Endpoint, ServicePort } from '../../../rules/services/types.ts';
import { POD_CIDR } from '../cluster.ts';
import { endpointChain, serviceChain } from './names.ts';
import {
  commonCommands,
  commonElements,
  ensureChain,
  MARK,
  type KubeProxyLayout,
} from './table.ts';

/** The layout up to 1.35. */
export const CHAIN_PER_ENDPOINT: KubeProxyLayout = {
  fixedCommands: commonCommands({
    'mark-for-masquerade': [`mark set mark or ${MARK}`],
    masquerading: [
      `mark and ${MARK} == 0 return`,
      `mark set mark xor ${MARK}`,
      'masquerade fully-random',
    ],
  }),
  chainCommands: (port) => [
    ...port.endpoints.cluster.flatMap((endpoint) =>
      ensureChain(endpointChain(port, endpoint), endpointRules(port, endpoint)),
    ),
    ...ensureChain(serviceChain(port), [...masquerade(port), balance(port)]),
  ],
  elementCommands: (port) => commonElements(port, serviceChain(port)),
};

// --- internal ---

function endpointRules({ protocol }: ServicePort, { ip, id }: Endpoint): string[] {
  return [`ip saddr ${ip} jump mark-for-masquerade`, `meta l4proto ${protocol} dnat to ${id}`];
}

function masquerade({ frontends, clusterIP, protocol }: ServicePort): string[] {
  return frontends.map(({ port }) => {
    const toService = `ip daddr ${clusterIP} ${protocol} dport ${port}`;
    return `${toService} ip saddr != ${POD_CIDR} jump mark-for-masquerade`;
  });
}

function balance(port: ServicePort): string {
  const { cluster } = port.endpoints;
  const slots = cluster.map((endpoint, slot) => `${slot} : goto ${endpointChain(port, endpoint)}`);
  return `numgen random mod ${cluster.length} vmap { ${slots.join(' , ')} }`;
}
