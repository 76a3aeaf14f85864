/**
 * Reads the lines that `conntrack -L` and `conntrack -D` print, one a flow, the original direction
 * first:
 *
 *     udp      17 29 src=198.51.100.1 dst=10.96.0.1 sport=4000 dport=53 [UNREPLIED]
 *       src=10.244.1.2 dst=198.51.100.1 sport=53 dport=4000 mark=0 use=1
 */
import type { FlowPath } from '../../rules/conntrack/flow-path.ts';
import type { Ip } from '../../rules/ip.ts';

/** The path of the UDP flow in a line; `undefined` when the line is something else. */
export function parseFlowLine(line: string): FlowPath | undefined {
  const match = FLOW.exec(line);
  if (match === null) return undefined;
  const [, destination = '', destinationPort, replier = '', replierPort] = match;
  return {
    // The C library writes addresses as we do, so that they are canonical as they come.
    destination: destination as Ip,
    destinationPort: Number(destinationPort),
    replier: replier as Ip,
    replierPort: Number(replierPort),
  };
}

// --- internal ---

/** An offloaded flow has no timeout; packets are counted where nf_conntrack_acct is set. */
const FLOW = new RegExp(
  '^udp +17 (?:\\d+ )?' +
    'src=\\S+ dst=(\\S+) sport=\\d+ dport=(\\d+) (?:packets=\\d+ bytes=\\d+ )?(?:\\[UNREPLIED\\] )?' +
    'src=(\\S+) dst=\\S+ sport=(\\d+) dport=\\d+ ',
);
