/**
 * One rule as a line of text, without the chain it stands in. Written exactly as iptables-save prints
 * it, in both variants, so that what is wanted and what is in the kernel can be compared as text.
 */
import { isZeroCidr, type Cidr } from '../ip.ts';
import type { Protocol } from '../services/types.ts';

/** What a rule asks of a packet and does with it; whatever is left out matches every packet. */
export interface Rule {
  readonly source?: AddressMatch | undefined;
  readonly destination?: AddressMatch | undefined;
  readonly inInterface?: InterfaceMatch | undefined;
  readonly protocol?: Protocol | undefined;
  readonly comment?: string | undefined;
  /** Further matches: `-m conntrack --ctstate NEW`. */
  readonly matches?: readonly string[];
  /** A port, or a range of them: `30000:30015`. Needs a protocol. */
  readonly port?: number | string | undefined;
  /** `-j KUBE-MARK-MASQ`; without one the rule is there for its reader only. */
  readonly verdict?: string;
}

/** A network, or everything but. */
export type AddressMatch = Cidr | { readonly not: Cidr };

/** The name of an interface, one with `+` at its end, or everything but. */
export type InterfaceMatch = string | { readonly not: string };

/** The rule's text. */
export function renderRule(rule: Rule): string {
  const { protocol, comment, matches = [], port, verdict } = rule;
  const parts = [
    ...addressMatch('-s', rule.source),
    ...addressMatch('-d', rule.destination),
    ...negatable('-i', rule.inInterface),
    ...(protocol === undefined ? [] : [`-p ${protocol}`]),
    ...(comment === undefined ? [] : [`-m comment --comment ${quoted(comment)}`]),
    ...matches,
    ...(protocol === undefined || port === undefined ? [] : [`-m ${protocol} --dport ${port}`]),
    ...(verdict === undefined ? [] : [verdict]),
  ];
  return parts.join(' ');
}

/** The n-th part of new connections, as the kernel counts: in 1/2^31. */
export function randomMatch(n: number): string {
  const probability = Math.round(2 ** 31 / n) / 2 ** 31;
  return `-m statistic --mode random --probability ${probability.toFixed(11)}`;
}

// --- internal ---

/** The kernel's limit for a comment, in bytes; our names are ASCII. */
const MAX_COMMENT = 255;

function addressMatch(flag: string, match: AddressMatch | undefined): string[] {
  // Every address: iptables-save leaves it out.
  if (typeof match === 'string' && isZeroCidr(match)) return [];
  return negatable(flag, match);
}

function negatable(flag: string, match: string | { readonly not: string } | undefined): string[] {
  if (match === undefined) return [];
  return [typeof match === 'string' ? `${flag} ${match}` : `! ${flag} ${match.not}`];
}

function quoted(comment: string): string {
  const text = comment.slice(0, MAX_COMMENT);
  return /^[\w-]+$/.test(text) ? text : `"${text.replace(/["\\']/g, '\\$&')}"`;
}
