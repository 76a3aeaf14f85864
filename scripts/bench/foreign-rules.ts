/**
 * Rules of somebody else in the table nat, of the kind that a container runtime leaves for published
 * ports: a proxy has to leave them alone.
 */

/** How many rules there are, each in a chain of its own, besides the jumps to them. */
const CHAINS = 1_000;

/** How many rules the text has. */
export const FOREIGN_RULES = 2 * CHAINS;

/** The text for `iptables-restore --noflush`. */
export function foreignText(): string {
  const ports = Array.from({ length: CHAINS }, (_, index) => 20_000 + index);
  return [
    '*nat',
    ':CNI-HOSTPORT-DNAT - [0:0]',
    ...ports.map((port) => `:CNI-DN-${port} - [0:0]`),
    ...ports.flatMap((port) => [
      `-A CNI-HOSTPORT-DNAT -p tcp -m tcp --dport ${port} -j CNI-DN-${port}`,
      `-A CNI-DN-${port} -p tcp -j DNAT --to-destination 192.0.2.1:${port}`,
    ]),
    '-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT',
    'COMMIT',
    '',
  ].join('\n');
}
