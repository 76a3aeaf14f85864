/** kube-proxy's names for chains (behaviour document, section 4.2). */
import { createHash } from 'node:crypto';
import type { Endpoint, ServicePort } from '../../../rules/services/types.ts';

/** `service-ULMVA6XW-ns1/svc1/tcp/p80`: the chain of a service port. */
export function serviceChain(port: ServicePort): string {
  return `service-${hashed(portText(port))}`;
}

/** `endpoint-5OJB2KTY-ns1/svc1/tcp/p80__10.180.0.1/80`: the chain of one of its endpoints. */
export function endpointChain(port: ServicePort, { ip, port: number }: Endpoint): string {
  return `endpoint-${hashed(`${portText(port)}__${ip.replaceAll(':', '.')}/${number}`)}`;
}

// --- internal ---

function portText({ service, protocol, portName }: ServicePort): string {
  return `${service}/${protocol}/${portName}`;
}

/** Behind the first eight digits, in base 32, of the text's SHA-256. (kube-proxy also cuts long names.) */
function hashed(text: string): string {
  // 40 bits: a whole number that a double holds exactly.
  const bits = createHash('sha256').update(text).digest().readUIntBE(0, 5);
  const digits = Array.from({ length: 8 }, (_, i) => BASE32[Math.floor(bits / 32 ** (7 - i)) % 32]);
  return `${digits.join('')}-${text}`;
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
