/**
 * Names of chains: kube-proxy's, so that people and tools recognise them, and kube-proxy itself takes
 * them for its own when it is given the node back (behaviour document, sections 3.2 to 3.4).
 */
import { createHash } from 'node:crypto';
import type { Endpoint, ServicePort } from '../services/types.ts';

/** The tables that hold chains of ours. */
export const TABLES = ['filter', 'nat', 'mangle'] as const;

/** A table that holds chains of ours. */
export type Table = (typeof TABLES)[number];

/** Stands in each table, to notice when somebody flushes it. */
export const CANARY = 'KUBE-PROXY-CANARY';

/** A comment that tells our chains from a kube-proxy's, whose names are the same. */
export const SIGNATURE = 'rules of switchyard: do not edit';

/** What the comment of a rule ends with that guards a listener of the userspace proxy. */
export const LISTENER_COMMENT = 'listener of the userspace proxy';

/** Shared with kubelet, which writes the same rule into it: never ours to delete. */
export const KUBELET_FIREWALL = 'KUBE-FIREWALL';

/** Chains that are always there, by table, in the order they are written. */
export const SHARED_CHAINS = {
  filter: [
    'KUBE-SERVICES',
    'KUBE-EXTERNAL-SERVICES',
    'KUBE-FORWARD',
    'KUBE-NODEPORTS',
    'KUBE-PROXY-FIREWALL',
    CANARY,
  ],
  nat: ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ', CANARY],
  mangle: [CANARY],
} as const satisfies Record<Table, readonly string[]>;

/** What the names of all other chains begin with. */
export const CHAIN_PREFIXES = [
  'KUBE-SVC-',
  'KUBE-SVL-',
  'KUBE-EXT-',
  'KUBE-FW-',
  'KUBE-SEP-',
] as const;

/** What the name of a chain begins with that is not always there. */
export type ChainPrefix = (typeof CHAIN_PREFIXES)[number];

/** Whether a chain is this proxy's, or another kube-proxy's: they have the same names. */
export function isOurChain(table: Table, name: string): boolean {
  return (
    (SHARED_CHAINS[table] as readonly string[]).includes(name) ||
    CHAIN_PREFIXES.some((prefix) => name.startsWith(prefix))
  );
}

/** The chain of a service port; KUBE-SEP- chains belong to one endpoint: see `endpointChain`. */
export function serviceChain(
  prefix: Exclude<ChainPrefix, 'KUBE-SEP-'>,
  { displayName, protocol }: Pick<ServicePort, 'displayName' | 'protocol'>,
): string {
  return prefix + hashed(displayName + protocol);
}

/** The chain of one endpoint of a service port. */
export function endpointChain(
  { displayName, protocol }: Pick<ServicePort, 'displayName' | 'protocol'>,
  { id }: Pick<Endpoint, 'id'>,
): string {
  return `KUBE-SEP-${hashed(displayName + protocol + id)}`;
}

/** The first sixteen digits, in base 32, of the text's SHA-256. */
export function hashed(text: string): string {
  const bits = BigInt(`0x${createHash('sha256').update(text).digest('hex')}`) >> (256n - 80n);
  return Array.from(
    { length: 16 },
    (_, i) => BASE32[Number((bits >> BigInt(75 - 5 * i)) & 31n)],
  ).join('');
}

// --- internal ---

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
