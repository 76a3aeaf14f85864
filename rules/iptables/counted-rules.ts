/**
 * Rules whose packets are numbers for operators. kube-proxy has the kernel count them by nfacct (behaviour
 * document, section 3.14); what each rule counts by itself is the same, and takes no program and no
 * module. Writing a chain sets its rules' counters back to zero, so these stand in chains that hardly
 * ever change; and in `filter`, since to list a chain of the legacy variant is to read its whole table.
 */
import { hostCidr, type Cidr, type Ip, type IpFamily } from '../ip.ts';
import { renderRule } from './rule.ts';
import { servesLocalhost, type ChainSettings } from './settings.ts';

/** A rule of the table `filter`. */
export interface CountedRule {
  readonly chain: string;
  /** Its text, without the chain it stands in. */
  readonly rule: string;
}

/** What is counted: dropped packets without a connection, and connections to node ports at 127.0.0.1. */
export type PacketCount = 'invalid dropped' | 'localhost accepted';

/** Every address of the node itself that is routed nowhere. */
export const LOOPBACK: Readonly<Record<IpFamily, Cidr>> = {
  IPv4: '127.0.0.0/8' as Cidr,
  IPv6: hostCidr('::1' as Ip),
};

/** Conntrack would let such packets pass untranslated, and the client reset its connection. */
export const INVALID_DROP: CountedRule = {
  chain: 'KUBE-FORWARD',
  rule: renderRule({ matches: ['-m conntrack --ctstate INVALID'], verdict: '-j DROP' }),
};

/** Counts and does nothing else. */
export const LOCALHOST_ACCEPTED: CountedRule = {
  chain: 'KUBE-EXT-LOCALHOST',
  rule: renderRule({ comment: 'accepted at node ports of localhost' }),
};

/** Those that are there with these settings. */
export function countedRules(
  family: IpFamily,
  settings: ChainSettings,
): ReadonlyMap<PacketCount, CountedRule> {
  const rules = new Map<PacketCount, CountedRule>();
  if (settings.dropsInvalid) rules.set('invalid dropped', INVALID_DROP);
  if (servesLocalhost(family, settings)) rules.set('localhost accepted', LOCALHOST_ACCEPTED);
  return rules;
}

/** How many packets the rule has met, by what `iptables -v -S` prints of its chain; `undefined` where it is not. */
export function packetsIn(listing: string, { chain, rule }: CountedRule): number | undefined {
  for (const line of listing.split('\n')) {
    const packets = COUNTERS.exec(line)?.[1];
    if (packets === undefined || line.replace(COUNTERS, '') !== `-A ${chain} ${rule}`) continue;
    return Number(packets);
  }
  return undefined;
}

// --- internal ---

/** Packets and bytes. They stand before the verdict. */
const COUNTERS = / -c (\d+) \d+(?= -j |$)/;
