/** The rules in iptables' own chains that lead to ours (behaviour document, section 3.3). */
import type { Element } from '../diff/element.ts';
import { KUBELET_FIREWALL, type Table } from './names.ts';
import { renderRule } from './rule.ts';

/** One rule in one of iptables' own chains. */
export interface Jump {
  readonly table: Table;
  readonly parent: string;
  readonly chain: string;
  /** Its text, without the chain it stands in. */
  readonly rule: string;
}

/**
 * All of them, each to be put above those before it. Only the first packet of a connection is asked
 * about: what is established passes whatever has changed since.
 */
export const JUMPS: readonly Jump[] = [
  jumpOfNew('INPUT', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals'),
  jumpOfNew('FORWARD', 'KUBE-EXTERNAL-SERVICES', 'kubernetes externally-visible service portals'),
  // For every packet: a host firewall that comes later must not see them.
  jump('filter', 'INPUT', 'KUBE-NODEPORTS', 'kubernetes health check service ports'),
  jumpOfNew('FORWARD', 'KUBE-SERVICES', 'kubernetes service portals'),
  jumpOfNew('OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('filter', 'FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'),
  jumpOfNew('INPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall'),
  jumpOfNew('OUTPUT', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall'),
  jumpOfNew('FORWARD', 'KUBE-PROXY-FIREWALL', 'kubernetes load balancer firewall'),
  // nat sees first packets only.
  jump('nat', 'OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'),
  jump('nat', 'POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'),
];

/** Those to the chain that is shared with kubelet, where that is needed. They are never deleted. */
export const KUBELET_JUMPS: readonly Jump[] = ['INPUT', 'OUTPUT'].map((parent) =>
  jump('filter', parent, KUBELET_FIREWALL, undefined),
);

/** A jump as an element: of `filter jumps`, at its parent and text. */
export function jumpElement({
  table,
  parent,
  rule,
}: Pick<Jump, 'table' | 'parent' | 'rule'>): Element {
  return { collection: jumpsOf(table), key: `${parent} ${rule}`, value: '', comment: '' };
}

/** The collection of a table's jumps. */
export function jumpsOf(table: Table): string {
  return `${table} jumps`;
}

/**
 * Whether a rule found in one of iptables' own chains is such a jump, of whatever version: it leads to
 * a chain of ours, and nobody else has a reason to do that from there.
 */
export function isJump(table: Table, parent: string, rule: string): boolean {
  const target = / -j (\S+)$/.exec(` ${rule}`)?.[1];
  return JUMPS.some(
    (each) => each.table === table && each.parent === parent && each.chain === target,
  );
}

// --- internal ---

/** For every packet. */
function jump(table: Table, parent: string, chain: string, comment: string | undefined): Jump {
  return { table, parent, chain, rule: renderRule({ comment, verdict: `-j ${chain}` }) };
}

/** For the first packet of a connection; the match comes before the comment, as kube-proxy writes it. */
function jumpOfNew(parent: string, chain: string, comment: string): Jump {
  const always = jump('filter', parent, chain, comment);
  return { ...always, rule: `-m conntrack --ctstate NEW ${always.rule}` };
}
