import { readFileSync } from 'node:fs';

/** Why no host of a world can send SCTP, for the name of a skipped test. */
export function sctpObstacle(): string {
  const kernelHasSctp = readFileSync('/proc/net/protocols', 'utf8').includes('SCTP');
  return kernelHasSctp
    ? 'Node.js has no SCTP sockets'
    : 'Node.js has no SCTP sockets, and this kernel has no SCTP loaded';
}
