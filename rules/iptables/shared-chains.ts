/** The chains that are always there (behaviour document, sections 3.4 and 3.5). */
import type { Element } from '../diff/element.ts';
import { networkOf, isLoopback, touchesLoopback, type IpFamily } from '../ip.ts';
import { INVALID_DROP, LOCALHOST_ACCEPTED, LOOPBACK } from './counted-rules.ts';
import { chainElement } from './dispatch.ts';
import type { DispatchRules } from './dispatches.ts';
import { CANARY, KUBELET_FIREWALL, SIGNATURE, TABLES } from './names.ts';
import { renderRule, type AddressMatch, type Rule } from './rule.ts';
import { servesLocalhost, type ChainSettings } from './settings.ts';

/** Every chain that does not belong to Services, with the rules that lead to those that do. */
export function sharedChains(
  family: IpFamily,
  settings: ChainSettings,
  dispatch: DispatchRules,
): Element[] {
  const { masqueradeMark } = settings;
  const isLocalhostServed = servesLocalhost(family, settings);
  return [
    chainElement('filter', 'KUBE-SERVICES', [
      ...(isLocalhostServed ? [renderRule(localhostRule(masqueradeMark))] : []),
      ...dispatch.internalRefusals,
      // For what this node sends: KUBE-EXTERNAL-SERVICES does not stand in OUTPUT, as this does.
      ...dispatch.externalRefusals,
    ]),
    chainElement('filter', 'KUBE-EXTERNAL-SERVICES', [
      ...dispatch.externalRefusals,
      ...nodePortRules(family, settings, NODE_PORT_REFUSALS, 'node ports without endpoints'),
    ]),
    chainElement('filter', NODE_PORT_REFUSALS, dispatch.nodePortRefusals),
    chainElement('filter', 'KUBE-FORWARD', forwardRules(settings)),
    chainElement('filter', 'KUBE-NODEPORTS', dispatch.healthChecks),
    chainElement('filter', 'KUBE-PROXY-FIREWALL', dispatch.firewalls),
    chainElement('nat', 'KUBE-SERVICES', [
      ...dispatch.services,
      ...nodePortRules(family, settings, 'KUBE-NODEPORTS', NODE_PORTS_COMMENT),
    ]),
    chainElement('nat', 'KUBE-NODEPORTS', dispatch.nodePorts),
    chainElement('nat', 'KUBE-POSTROUTING', [
      ...dispatch.hairpins,
      ...masqueradeRules(masqueradeMark).map(renderRule),
    ]),
    chainElement('nat', 'KUBE-MARK-MASQ', [
      renderRule({
        comment: SIGNATURE,
        verdict: `-j MARK --set-xmark ${hex(masqueradeMark)}/${hex(masqueradeMark)}`,
      }),
    ]),
    ...(isLocalhostServed
      ? [
          chainElement('filter', KUBELET_FIREWALL, [renderRule(MARTIAN_RULE)]),
          chainElement('filter', LOCALHOST_ACCEPTED.chain, [LOCALHOST_ACCEPTED.rule]),
        ]
      : []),
    ...TABLES.map((table) => chainElement(table, CANARY, [renderRule(CANARY_RULE)])),
  ];
}

// --- internal ---

/** In the table filter, what KUBE-NODEPORTS is in nat: that name is taken by health check ports. */
const NODE_PORT_REFUSALS = 'KUBE-EXT-NODEPORTS';

/** kube-proxy's words. It is: an address that is a Service's own comes before a node port. */
const NODE_PORTS_COMMENT =
  'kubernetes service nodeports; NOTE: this must be the last rule in this chain';

/** A rule, so that emptying the chains is noticed as well as deleting them. */
const CANARY_RULE: Rule = { comment: SIGNATURE };

/**
 * With route_localnet the kernel no longer drops what comes from elsewhere to 127.0.0.1 (CVE-2020-8558).
 * Kubelet writes the very same rule.
 */
const MARTIAN_RULE: Rule = {
  source: { not: LOOPBACK.IPv4 },
  destination: LOOPBACK.IPv4,
  comment: 'block incoming localnet connections',
  matches: ['-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT'],
  verdict: '-j DROP',
};

function forwardRules({ dropsInvalid, masqueradeMark }: ChainSettings): string[] {
  const accepts: Rule[] = [
    {
      comment: 'kubernetes forwarding rules',
      matches: [hasMark(masqueradeMark)],
      verdict: '-j ACCEPT',
    },
    {
      comment: 'kubernetes forwarding conntrack rule',
      matches: ['-m conntrack --ctstate RELATED,ESTABLISHED'],
      verdict: '-j ACCEPT',
    },
  ];
  return [...(dropsInvalid ? [INVALID_DROP.rule] : []), ...accepts.map(renderRule)];
}

/**
 * Leads what node ports at localhost have accepted to where it is counted. The mark is what all of it got in
 * nat, where only the first packet of a connection comes by: later ones are not counted.
 */
function localhostRule(mark: number): Rule {
  return {
    matches: [hasMark(mark), `-m conntrack --ctorigdst ${LOOPBACK.IPv4}`],
    verdict: `-j ${LOCALHOST_ACCEPTED.chain}`,
  };
}

function hasMark(mark: number): string {
  return `-m mark --mark ${hex(mark)}/${hex(mark)}`;
}

function masqueradeRules(mark: number): Rule[] {
  return [
    { matches: [`-m mark ! --mark ${hex(mark)}/${hex(mark)}`], verdict: '-j RETURN' },
    // Cleared, so that a packet that passes again (a tunnel) is not masqueraded again.
    { verdict: `-j MARK --set-xmark ${hex(mark)}/0x0` },
    {
      comment: 'kubernetes service traffic requiring SNAT',
      verdict: '-j MASQUERADE --random-fully',
    },
  ];
}

/** Lead packets to the addresses at which node ports are served into a chain. */
function nodePortRules(
  family: IpFamily,
  settings: ChainSettings,
  chain: string,
  comment: string,
): string[] {
  const toChain = { comment, matches: ['-m addrtype --dst-type LOCAL'], verdict: `-j ${chain}` };
  return nodePortMatches(family, settings).map(({ destination, isServed }) =>
    renderRule(isServed ? { ...toChain, destination } : { destination, verdict: '-j RETURN' }),
  );
}

/** Addresses, and whether node ports are served there: the first that matches counts. */
interface NodePortMatches {
  readonly destination: AddressMatch | undefined;
  readonly isServed: boolean;
}

function nodePortMatches(family: IpFamily, settings: ChainSettings): NodePortMatches[] {
  const { nodePorts } = settings;
  const isLocalhostServed = servesLocalhost(family, settings);
  if (nodePorts.matchAll) {
    const destination = isLocalhostServed ? undefined : { not: LOOPBACK[family] };
    return [{ destination, isServed: true }];
  }
  const { cidrs } = nodePorts;
  const served = cidrs.filter((cidr) => isLocalhostServed || !isLoopback(networkOf(cidr)));
  const holdsLoopback = !isLocalhostServed && served.some(touchesLoopback);
  return [
    ...(holdsLoopback ? [{ destination: LOOPBACK[family], isServed: false }] : []),
    ...served.map((destination) => ({ destination, isServed: true })),
  ];
}

function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}
