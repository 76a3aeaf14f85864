/** Reads what ports of Services and of EndpointSlices have in common. */
import type { Protocol } from '../types.ts';
import { choiceAt, type Fields, type IntegerRange } from './fields.ts';

/** What a Service may listen on. */
export const PORT: IntegerRange = { what: 'a port number', from: 1, to: 65535 };

/** A port number, or 0 for none. */
export const PORT_OR_NONE: IntegerRange = { ...PORT, from: 0 };

/** The protocol, TCP when absent; `undefined`, and a problem, when it is one no proxy knows. */
export function protocolOf(port: Fields): Protocol | undefined {
  const protocol = choiceAt(port, 'protocol', ['TCP', 'UDP', 'SCTP'], 'TCP');
  return protocol === undefined ? undefined : PROTOCOLS[protocol];
}

// --- internal ---

const PROTOCOLS = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' } as const;
